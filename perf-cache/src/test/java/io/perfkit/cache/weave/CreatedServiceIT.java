package io.perfkit.cache.weave;

import io.perfkit.testing.TestRedis;

/** The aspect in services that a weaver creates. */
final class CreatedServiceIT extends AnnotatedServiceContract {
  CreatedServiceIT(TestRedis server) {
    super(server, Form.CREATED);
  }
}
