package io.perfkit.monitoring.health;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

/**
 * One check of something that the application needs, such as a database. It may block; it is run in
 * the background, by one thread at a time, and interrupted at its timeout.
 */
@FunctionalInterface
public interface HealthCheck {

  /**
   * Looks. An exception means down; of it only the class is shown.
   *
   * @throws Exception if it does not work
   */
  CheckResult check() throws Exception;

  /** Up while the condition holds, such as {@code () -> caches.health().healthy()}. */
  static HealthCheck of(BooleanSupplier healthy) {
    requireNonNull(healthy, "healthy");
    return () -> healthy.getAsBoolean() ? CheckResult.up() : CheckResult.down("unhealthy");
  }

  /** Up if the call returns, such as {@code () -> redis.ping()}; its result does not count. */
  static HealthCheck returning(Callable<?> call) {
    requireNonNull(call, "call");
    return () -> {
      Object unused = call.call();
      return CheckResult.up();
    };
  }
}
