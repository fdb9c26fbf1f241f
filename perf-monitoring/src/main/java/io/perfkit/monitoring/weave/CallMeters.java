package io.perfkit.monitoring.weave;

import static java.lang.invoke.MethodType.methodType;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MutableCallSite;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the monitored methods of one name, class, method name and set of tags, and whether
 * they are timed. Thread safe.
 *
 * <p>What can change at run time stands in call sites, which compiled code takes for constants: a
 * change invalidates that code, and a call reads nothing.
 */
@SuppressWarnings("EnumOrdinal") // an index of this process alone, on the way of each call
final class CallMeters {
  /** The start of a call that is not timed. */
  static final long NOT_TIMED = 0;

  private static final MethodHandle TIMED;
  private static final MethodHandle SAMPLED;

  static {
    try {
      MethodHandles.Lookup own = MethodHandles.lookup();
      TIMED = own.findVirtual(CallMeters.class, "timed", methodType(long.class));
      SAMPLED = own.findVirtual(CallMeters.class, "sampled", methodType(long.class, int.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final MeterRegistry registry;
  private final String name;
  private final Tags tags;
  private final Clock clock;
  private final Timer[] timers;

  /* Filled without a lock: a thread that sees no counter gets the same one from the registry. */
  private final @Nullable Counter[] untimed = new Counter[Outcome.values().length];

  private final MutableCallSite on = new MutableCallSite(methodType(boolean.class));
  private final MutableCallSite start = new MutableCallSite(methodType(long.class));

  CallMeters(MeterRegistry registry, String name, Tags tags, Sampling sampling) {
    this.registry = registry;
    this.name = name;
    this.tags = tags;
    this.clock = registry.config().clock();
    this.timers = new Timer[Outcome.values().length];
    for (Outcome outcome : Outcome.values()) {
      timers[outcome.ordinal()] =
          Timer.builder(name).tags(tags).tag("outcome", outcome.tag()).register(registry);
    }
    set(sampling);
  }

  /** Takes effect for calls that begin after it returned. */
  void set(Sampling sampling) {
    if (sampling.calls() > 1) {
      for (Outcome outcome : Outcome.values()) {
        untimed[outcome.ordinal()] = untimed(outcome);
      }
    }
    start.setTarget(
        sampling.calls() > 1
            ? MethodHandles.insertArguments(SAMPLED, 0, this, sampling.calls() - 1)
            : TIMED.bindTo(this));
    on.setTarget(MethodHandles.constant(boolean.class, sampling.calls() > 0));
    MutableCallSite.syncAll(new MutableCallSite[] {start, on});
  }

  /** Whether calls are timed or counted, as a handle without parameters. */
  MethodHandle on() {
    return on.dynamicInvoker();
  }

  /** The time at which a call begins, in nanoseconds, or {@link #NOT_TIMED}. */
  MethodHandle start() {
    return start.dynamicInvoker();
  }

  long timed() {
    long now = clock.monotonicTime();
    return now == NOT_TIMED ? 1 : now;
  }

  long sampled(int mask) {
    return (ThreadLocalRandom.current().nextInt() & mask) == 0 ? timed() : NOT_TIMED;
  }

  /** Records the end of a call, and says how long it took in nanoseconds; 0 if nobody knows. */
  long ended(long start, Outcome outcome) {
    if (start == NOT_TIMED) {
      Counter counter = untimed[outcome.ordinal()];
      (counter == null ? untimed(outcome) : counter).increment();
      return 0;
    }
    long nanos = clock.monotonicTime() - start;
    timers[outcome.ordinal()].record(nanos, NANOSECONDS);
    return nanos;
  }

  long wallMillis() {
    return clock.wallTime();
  }

  private Counter untimed(Outcome outcome) {
    return Counter.builder(name + ".untimed")
        .tags(tags)
        .tag("outcome", outcome.tag())
        .register(registry);
  }
}
