package io.perfkit.testing;

/** The JUnit extension behind {@link RealRedis}. Immutable. */
final class RealRedisExtension extends PerTestClass<SharedRedis, TestRedis> {
  RealRedisExtension() {
    super(
        SharedRedis.class,
        TestRedis.class,
        () -> SharedRedis.open(System.getenv()),
        (server, testClass) -> new TestRedis(server.uri(), testClass));
  }
}
