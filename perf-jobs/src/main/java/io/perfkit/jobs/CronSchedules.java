package io.perfkit.jobs;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cron schedules of a node. Every node fires every schedule; the store keeps one job for each
 * time, so no node leads. Registered before the start; then one thread at a time.
 */
final class CronSchedules {
  /* Invariants
   * C1  A time of a schedule becomes at most one job, whatever nodes fire it and whatever their
   *     clocks show: the unique key of the job is the schedule and the time.
   * C2  A time is compared with the store's clock alone; the node's counts how long not to ask.
   */
  private static final Logger LOG = LoggerFactory.getLogger(CronSchedules.class);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration KEPT = Duration.ofDays(2);

  private final JobStore store;
  private final Map<String, Schedule> schedules = new TreeMap<>();

  /** One schedule, and up to what time it has fired. */
  private static final class Schedule {
    final Cron cron;
    final Duration catchUp;
    final String queue;
    final Supplier<NewJob> job;
    @Nullable Instant fired;
    boolean asked;
    long askAt;

    Schedule(Cron cron, Duration catchUp, String queue, Supplier<NewJob> job) {
      this.cron = cron;
      this.catchUp = catchUp;
      this.queue = queue;
      this.job = job;
    }
  }

  CronSchedules(JobStore store) {
    this.store = store;
  }

  /**
   * @param job makes a new job of the schedule's type, payload and priority
   */
  void add(String name, Cron cron, Duration catchUp, String queue, Supplier<NewJob> job) {
    JobType.requireName("schedule", name);
    if (catchUp.isNegative() || catchUp.compareTo(Duration.ofDays(30)) > 0) {
      throw new IllegalArgumentException("catchUp: " + catchUp + " (expected: 0 to 30 d)");
    }
    if (schedules.putIfAbsent(name, new Schedule(cron, catchUp, queue, job)) != null) {
      throw new IllegalStateException("schedule " + name + ": exists already");
    }
  }

  /**
   * Fires what is due. Asks the store for its time only if something may be.
   *
   * @param now elapsed nanoseconds
   */
  void tick(long now) {
    schedules.forEach(
        (name, schedule) -> {
          if (!schedule.asked || now - schedule.askAt >= 0) {
            schedule.asked = true;
            schedule.askAt = now + RETRY_NANOS;
            try {
              schedule.askAt = now + fire(name, schedule);
            } catch (StoreFailed failed) {
              LOG.warn("schedule {} could not fire, which is repeated", name, failed);
            }
          }
        });
  }

  /** Nanoseconds until the next time. */
  private long fire(String name, Schedule schedule) {
    Instant time = store.now();
    Instant fired = schedule.fired == null ? time.minus(schedule.catchUp) : schedule.fired;
    Instant due = null;
    Instant next = schedule.cron.next(fired).orElse(Instant.MAX);
    while (!next.isAfter(time)) {
      due = next;
      next = schedule.cron.next(next).orElse(Instant.MAX);
    }
    if (due != null) {
      store(name, schedule, due);
      fired = due;
    }
    schedule.fired = fired;
    return next.isAfter(time.plus(LONGEST_PAUSE))
        ? LONGEST_PAUSE.toNanos()
        : Duration.between(time, next).toNanos();
  }

  private void store(String name, Schedule schedule, Instant due) {
    NewJob job = schedule.job.get();
    long window = KEPT.plus(schedule.catchUp).toMillis();
    String unique = "\u0001cron:" + name + ":" + due.getEpochSecond();
    store.enqueue(
        schedule.queue,
        Integer.MAX_VALUE,
        List.of(
            new NewJob(
                job.id(),
                job.type(),
                job.version(),
                job.priority(),
                job.key(),
                job.perKey(),
                unique,
                window,
                job.delayMillis(),
                job.maxAttempts(),
                job.headers(),
                job.payload())));
  }
}
