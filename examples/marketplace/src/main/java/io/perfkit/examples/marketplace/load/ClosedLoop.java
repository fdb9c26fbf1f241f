package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;

/**
 * Users of whom each waits for an answer, thinks for a while, and asks again. Unlike the requests
 * of an {@link OpenLoop} theirs get fewer when the target is slow, so the rate that they reach is
 * what the target can do for so many users, and latency counts from the moment of sending. One load
 * at a time.
 *
 * @param users all there from the start
 * @param think on average, between none and twice that; zero asks for as much as the target gives
 */
record ClosedLoop(int users, Duration think, Timing timing) {
  private static final long SEED = 42;

  /**
   * Blocks for {@code length}, and then until every request is answered, or {@code drain} longer;
   * what isn't answered then is given up.
   *
   * @param progress is told the share of the time that is behind, from 0 to 1
   */
  LoadResult run(
      Supplier<Call> calls,
      Target target,
      Duration length,
      Duration drain,
      DoubleConsumer progress) {
    AtomicInteger answered = new AtomicInteger(); // users who begin to think
    Requests requests = new Requests(target, timing, answered::incrementAndGet);
    long start = requests.start();
    long end = start + length.toNanos();
    Random random = new Random(SEED);
    PriorityQueue<Long> dues = new PriorityQueue<>(Comparator.comparingLong(due -> due - start));
    for (int user = 0; user < users; user++) {
      dues.add(start + thinking(random));
    }
    for (long now = start; now - end < 0; now = timing.nanos()) {
      for (int more = answered.getAndSet(0); more > 0; more--) {
        dues.add(now + thinking(random));
      }
      Long due = dues.peek();
      if (due != null && due - now <= 0) {
        dues.remove();
        requests.send(calls.get(), now);
      } else {
        timing.awaitNanos(now + Requests.POLL_NANOS);
        progress.accept((double) (now - start) / length.toNanos());
      }
    }
    requests.awaitAnswers(end + drain.toNanos());
    return requests.result();
  }

  private long thinking(Random random) {
    return (long) (2 * random.nextDouble() * think.toNanos());
  }
}
