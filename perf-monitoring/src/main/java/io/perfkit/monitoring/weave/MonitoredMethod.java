package io.perfkit.monitoring.weave;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.monitoring.internal.OncePerMinute;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One {@code @Monitored} method: what runs around each call. Thread safe. */
final class MonitoredMethod {
  private static final Logger LOG = LoggerFactory.getLogger(MonitoredAspect.class);
  private static final MethodHandle ENDED;
  private static final MethodHandle RETURNED;

  static {
    try {
      MethodHandles.Lookup own = MethodHandles.lookup();
      ENDED =
          own.findVirtual(
              MonitoredMethod.class, "ended", methodType(void.class, Throwable.class, long.class));
      RETURNED =
          own.findVirtual(
              MonitoredMethod.class,
              "returned",
              methodType(void.class, Throwable.class, CompletionStage.class, long.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final OncePerMinute warning = new OncePerMinute();
  private final CallMeters meters;
  private final Outcomes outcomes;
  private final SlowCalls slowCalls;
  private final long slowNanos;
  private final String method;

  /**
   * @param method for slow calls
   */
  MonitoredMethod(
      CallMeters meters, Outcomes outcomes, SlowCalls slowCalls, long slowNanos, String method) {
    this.meters = meters;
    this.outcomes = outcomes;
    this.slowCalls = slowCalls;
    this.slowNanos = slowNanos;
    this.method = method;
  }

  /** The method with its timing, of the same type; while it is switched off the method itself. */
  MethodHandle around(MethodHandle next) {
    MethodHandle timed = MethodHandles.dropArguments(next, 0, long.class);
    timed = MethodHandles.tryFinally(timed, cleanup(next.type().returnType()));
    timed = MethodHandles.foldArguments(timed, meters.start());
    return MethodHandles.guardWithTest(meters.on(), timed, next);
  }

  /** Takes what was thrown, the result unless the method is void, and the start. */
  private MethodHandle cleanup(Class<?> result) {
    if (result == void.class) {
      return ENDED.bindTo(this);
    }
    MethodHandle ended =
        CompletionStage.class.isAssignableFrom(result)
            ? RETURNED.bindTo(this)
            : MethodHandles.dropArguments(ENDED.bindTo(this), 1, result);
    MethodHandle same =
        MethodHandles.dropArguments(
            MethodHandles.dropArguments(MethodHandles.identity(result), 0, Throwable.class),
            2,
            long.class);
    return MethodHandles.foldArguments(
        same, ended.asType(methodType(void.class, Throwable.class, result, long.class)));
  }

  void returned(@Nullable Throwable thrown, @Nullable CompletionStage<?> stage, long start) {
    if (thrown != null || stage == null) {
      ended(thrown, start);
      return;
    }
    try {
      var unused = stage.whenComplete((value, failure) -> ended(failure, start));
    } catch (RuntimeException e) { // of a stage of the host's own
      warn(e);
    }
  }

  /** Throws nothing: a registry that fails takes no result from a caller. */
  void ended(@Nullable Throwable thrown, long start) {
    try {
      Outcome outcome = thrown == null ? Outcome.SUCCESS : outcomes.of(thrown);
      long nanos = meters.ended(start, outcome);
      if (nanos >= slowNanos) {
        keep(nanos, outcome, thrown);
      }
    } catch (RuntimeException e) {
      warn(e);
    }
  }

  private void warn(RuntimeException e) {
    if (warning.isDue()) {
      LOG.warn("a call of {} was not recorded; logged once a minute", method, e);
    }
  }

  private void keep(long nanos, Outcome outcome, @Nullable Throwable thrown) {
    slowCalls.add(
        new SlowCall(
            method,
            Duration.ofNanos(nanos),
            outcome,
            Instant.ofEpochMilli(meters.wallMillis()),
            Thread.currentThread().getName(),
            thrown == null ? "" : thrown.getClass().getName()));
  }
}
