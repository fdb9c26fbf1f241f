package io.perfkit.cache.weave;

import io.perfkit.testing.TestRedis;

/** The aspect around services that are there already. */
final class WrappedServiceIT extends AnnotatedServiceContract {
  WrappedServiceIT(TestRedis server) {
    super(server, Form.WRAPPED);
  }
}
