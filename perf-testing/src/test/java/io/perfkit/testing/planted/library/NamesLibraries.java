package io.perfkit.testing.planted.library;

import java.util.List;
import org.assertj.core.api.Condition;
import org.springframework.context.ApplicationContext;

public final class NamesLibraries {
  public List<ApplicationContext> contexts() {
    return List.of();
  }

  public boolean matches(Condition<String> condition, String text) {
    return condition.matches(text);
  }

  ApplicationContext packagePrivate(ApplicationContext context) {
    return context;
  }
}
