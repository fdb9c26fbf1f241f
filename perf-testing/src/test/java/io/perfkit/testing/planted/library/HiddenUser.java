package io.perfkit.testing.planted.library;

import org.springframework.context.ApplicationContext;

final class HiddenUser {
  public ApplicationContext same(ApplicationContext context) {
    return context;
  }
}
