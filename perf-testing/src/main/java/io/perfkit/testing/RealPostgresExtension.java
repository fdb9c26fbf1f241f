package io.perfkit.testing;

/** The JUnit extension behind {@link RealPostgres}. Immutable. */
final class RealPostgresExtension extends PerTestClass<SharedPostgres, TestDatabase> {
  RealPostgresExtension() {
    super(
        SharedPostgres.class,
        TestDatabase.class,
        () -> SharedPostgres.open(System.getenv()),
        TestDatabase::create);
  }
}
