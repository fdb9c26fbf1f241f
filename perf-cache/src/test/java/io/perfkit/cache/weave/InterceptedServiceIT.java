package io.perfkit.cache.weave;

import io.perfkit.testing.TestRedis;

/** The aspect in proxies of a host. */
final class InterceptedServiceIT extends AnnotatedServiceContract {
  InterceptedServiceIT(TestRedis server) {
    super(server, Form.INTERCEPTED);
  }
}
