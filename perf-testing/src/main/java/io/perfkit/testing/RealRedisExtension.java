package io.perfkit.testing;

/** What {@link RealRedis} does. Immutable. */
final class RealRedisExtension extends PerTestClass<SharedRedis, TestRedis> {
  RealRedisExtension() {
    super(
        SharedRedis.class,
        TestRedis.class,
        () -> SharedRedis.open(System.getenv()),
        (server, testClass) -> new TestRedis(server.uri(), testClass));
  }
}
