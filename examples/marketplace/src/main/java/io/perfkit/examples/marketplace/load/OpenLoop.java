package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests on a fixed schedule, whatever the target does: request {@code n} is due at {@code
 * start + n / rate}, and its latency counts from then even if all users were busy and it left
 * later. So a target that stalls is charged for everybody who had to wait, not for the one request
 * that met the stall (the coordinated omission of a closed loop). One load at a time.
 *
 * @param users so many requests are under way at most
 */
record OpenLoop(int users, Timing timing) {
  private static final long TRACKED_MICROS_MAX = Duration.ofMinutes(10).toNanos() / 1_000;
  private static final long POLL_NANOS = 1_000_000;

  /**
   * Blocks until every request is answered, or until {@code drain} after the last one was due; what
   * isn't answered then is given up and has failed.
   *
   * @param progress is told the share of the schedule that is behind, from 0 to 1
   */
  LoadResult run(Supplier<Call> calls, Target target, Schedule schedule, DoubleConsumer progress) {
    Run run = new Run(target, schedule);
    for (long n = 0; n < schedule.requests(); n++) {
      long due = run.start + schedule.dueNanos(n);
      timing.awaitNanos(due);
      if (run.awaitUser()) {
        run.send(calls.get(), due);
      } else {
        run.record(due, run.deadline, false);
      }
      if (n % 50 == 0) {
        progress.accept((double) n / schedule.requests());
      }
    }
    run.awaitAnswers();
    return run.result();
  }

  /**
   * When to send. Immutable.
   *
   * @param drain how long answers may take after the last request was due
   */
  record Schedule(double perSecond, Duration length, Duration drain) {
    Schedule {
      if (!(perSecond > 0)) {
        throw new IllegalArgumentException("perSecond: " + perSecond + " (expected: > 0)");
      }
    }

    long requests() {
      return Math.round(perSecond * length.toNanos() / 1e9);
    }

    /** From the start of the load. */
    long dueNanos(long n) {
      return Math.round(n * 1e9 / perSecond);
    }
  }

  private final class Run {
    /* Invariants
     * I1  a request is recorded once: by its answer or by giving it up, whoever is first.
     * I2  at most `users` requests are under way: each holds a permit until its answer is recorded.
     */
    private final Target target;
    private final long start = timing.nanos();
    private final long deadline;
    private final Semaphore idle = new Semaphore(users);
    private final Set<UnderWay> underWay = ConcurrentHashMap.newKeySet();
    private final ConcurrentHistogram latencies = new ConcurrentHistogram(TRACKED_MICROS_MAX, 3);
    private final LongAdder succeeded = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicLong lastAnswer = new AtomicLong(start);

    Run(Target target, Schedule schedule) {
      this.target = target;
      this.deadline = start + schedule.length().plus(schedule.drain()).toNanos();
    }

    /** Returns false if all users are busy until the time is over. */
    boolean awaitUser() {
      while (!idle.tryAcquire()) {
        if (timing.nanos() - deadline >= 0) {
          return false;
        }
        timing.awaitNanos(timing.nanos() + POLL_NANOS);
      }
      return true;
    }

    void send(Call call, long due) {
      UnderWay sent = new UnderWay(due);
      underWay.add(sent);
      CompletableFuture<Integer> answer = target.send(call);
      sent.answer = answer;
      var unused =
          answer.whenComplete(
              (status, failure) -> finish(sent, failure == null && status < 400, timing.nanos()));
    }

    void awaitAnswers() {
      while (!underWay.isEmpty() && timing.nanos() - deadline < 0) {
        timing.awaitNanos(timing.nanos() + POLL_NANOS);
      }
      for (UnderWay sent : underWay) {
        finish(sent, false, Math.max(deadline, sent.due));
        CompletableFuture<Integer> answer = sent.answer;
        if (answer != null) {
          answer.cancel(true);
        }
      }
    }

    private void finish(UnderWay sent, boolean success, long now) {
      if (sent.recorded.compareAndSet(false, true)) {
        record(sent.due, now, success);
        underWay.remove(sent);
        idle.release();
      }
    }

    void record(long due, long now, boolean success) {
      latencies.recordValue(Math.min(Math.max(0, now - due) / 1_000, TRACKED_MICROS_MAX));
      (success ? succeeded : failed).increment();
      lastAnswer.accumulateAndGet(now, (a, b) -> a - b > 0 ? a : b);
    }

    LoadResult result() {
      return new LoadResult(
          latencies, succeeded.sum(), failed.sum(), Duration.ofNanos(lastAnswer.get() - start));
    }
  }

  private static final class UnderWay {
    final long due;
    final AtomicBoolean recorded = new AtomicBoolean();
    volatile @Nullable CompletableFuture<Integer> answer;

    UnderWay(long due) {
      this.due = due;
    }
  }
}
