package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;

/**
 * Sends requests on a fixed schedule, whatever the target does: request {@code n} is due at {@code
 * start + n / rate}, and its latency counts from then even if all users were busy and it left
 * later. So a target that stalls is charged for everybody who had to wait, not for the one request
 * that met the stall (the coordinated omission of a closed loop). One load at a time.
 *
 * @param users so many requests are under way at most
 */
record OpenLoop(int users, Timing timing) {
  /**
   * Blocks until every request is answered, or until {@code drain} after the last one was due; what
   * isn't answered then is given up and has failed.
   *
   * @param progress is told the share of the schedule that is behind, from 0 to 1
   */
  LoadResult run(Supplier<Call> calls, Target target, Schedule schedule, DoubleConsumer progress) {
    Semaphore idle = new Semaphore(users); // each request under way holds a permit
    Requests requests = new Requests(target, timing, idle::release);
    long deadline = requests.start() + schedule.length().plus(schedule.drain()).toNanos();
    for (long n = 0; n < schedule.requests(); n++) {
      long due = requests.start() + schedule.dueNanos(n);
      timing.awaitNanos(due);
      Call call = calls.get();
      if (awaitUser(idle, deadline)) {
        requests.send(call, due);
      } else {
        requests.giveUp(call, due, deadline);
      }
      if (n % 50 == 0) {
        progress.accept((double) n / schedule.requests());
      }
    }
    requests.awaitAnswers(deadline);
    return requests.result();
  }

  /** Returns false if all users are busy until the time is over. */
  private boolean awaitUser(Semaphore idle, long deadline) {
    while (!idle.tryAcquire()) {
      if (timing.nanos() - deadline >= 0) {
        return false;
      }
      timing.awaitNanos(timing.nanos() + Requests.POLL_NANOS);
    }
    return true;
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
}
