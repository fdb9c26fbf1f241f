package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one load: those under way, and how the others ended. One thread sends and awaits;
 * answers come on any thread.
 */
final class Requests {
  /* Invariants
   * R1  a request is recorded once: by its answer or by giving it up, whichever is first.
   * R2  `ended` runs once for each request that was sent, after it is recorded.
   */
  static final long POLL_NANOS = 1_000_000;

  private static final long TRACKED_MICROS_MAX = Duration.ofMinutes(10).toNanos() / 1_000;

  private final Target target;
  private final Timing timing;
  private final Runnable ended;
  private final long start;
  private final Set<UnderWay> underWay = ConcurrentHashMap.newKeySet();
  private final Map<Operation, ConcurrentHistogram> latencies = new ConcurrentHashMap<>();
  private final LongAdder succeeded = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder broken = new LongAdder();
  private final AtomicLong lastAnswer;

  /**
   * @param ended told of each request that has ended
   */
  Requests(Target target, Timing timing, Runnable ended) {
    this.target = target;
    this.timing = timing;
    this.ended = ended;
    this.start = timing.nanos();
    this.lastAnswer = new AtomicLong(start);
  }

  private static final class UnderWay {
    final Operation operation;
    final long due;
    final AtomicBoolean recorded = new AtomicBoolean();
    volatile @Nullable CompletableFuture<Integer> answer;

    UnderWay(Operation operation, long due) {
      this.operation = operation;
      this.due = due;
    }
  }

  /** When the load began. */
  long start() {
    return start;
  }

  /**
   * Sends without waiting.
   *
   * @param due from when on the latency counts
   */
  void send(Call call, long due) {
    UnderWay sent = new UnderWay(Operation.of(call), due);
    underWay.add(sent);
    CompletableFuture<Integer> answer = target.send(call);
    sent.answer = answer;
    var unused =
        answer.whenComplete(
            (status, failure) -> finish(sent, failure == null ? status : null, timing.nanos()));
  }

  /** Records a request that was never sent, because the time was over. */
  void giveUp(Call call, long due, long deadline) {
    record(Operation.of(call), due, deadline, null);
  }

  /** Blocks until all are answered; gives up what is not answered at {@code deadline}. */
  void awaitAnswers(long deadline) {
    while (!underWay.isEmpty() && timing.nanos() - deadline < 0) {
      timing.awaitNanos(timing.nanos() + POLL_NANOS);
    }
    for (UnderWay sent : underWay) {
      finish(sent, null, Math.max(deadline, sent.due));
      CompletableFuture<Integer> answer = sent.answer;
      if (answer != null) {
        answer.cancel(true);
      }
    }
  }

  private void finish(UnderWay sent, @Nullable Integer status, long now) {
    if (sent.recorded.compareAndSet(false, true)) {
      record(sent.operation, sent.due, now, status);
      underWay.remove(sent);
      ended.run();
    }
  }

  private void record(Operation operation, long due, long now, @Nullable Integer status) {
    latencies
        .computeIfAbsent(operation, key -> new ConcurrentHistogram(TRACKED_MICROS_MAX, 3))
        .recordValue(Math.min(Math.max(0, now - due) / 1_000, TRACKED_MICROS_MAX));
    LongAdder outcome =
        status == null || status >= 500 ? broken : status >= 400 ? refused : succeeded;
    outcome.increment();
    lastAnswer.accumulateAndGet(now, (a, b) -> a - b > 0 ? a : b);
  }

  LoadResult result() {
    Histogram all = new Histogram(TRACKED_MICROS_MAX, 3);
    latencies.values().forEach(all::add);
    return new LoadResult(
        all,
        Map.copyOf(latencies),
        succeeded.sum(),
        refused.sum(),
        broken.sum(),
        Duration.ofNanos(lastAnswer.get() - start));
  }
}
