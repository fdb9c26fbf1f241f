package io.perfkit.testing;

/** What {@link RealPostgres} does. Immutable. */
final class RealPostgresExtension extends PerTestClass<SharedPostgres, TestDatabase> {
  RealPostgresExtension() {
    super(
        SharedPostgres.class,
        TestDatabase.class,
        () -> SharedPostgres.open(System.getenv()),
        TestDatabase::create);
  }
}
