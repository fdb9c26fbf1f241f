package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How long many requests at once take until the last is answered.
 *
 * @param median of the rounds
 * @param failed of all requests of all rounds
 */
record Burst(Duration median, int failed) {
  private static final int ROUNDS = 11;

  /** Sends {@code count} calls at once, {@value #ROUNDS} times one after the other. */
  static Burst run(int count, Supplier<Call> calls, Target target, Timing timing) {
    List<Duration> rounds = new ArrayList<>();
    int failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<Call> batch = Stream.generate(calls).limit(count).toList();
      long start = timing.nanos();
      List<CompletableFuture<Integer>> answers = batch.stream().map(target::send).toList();
      for (CompletableFuture<Integer> answer : answers) {
        failed += succeeded(answer) ? 0 : 1;
      }
      rounds.add(Duration.ofNanos(timing.nanos() - start));
    }
    rounds.sort(null);
    return new Burst(rounds.get(ROUNDS / 2), failed);
  }

  private static boolean succeeded(CompletableFuture<Integer> answer) {
    try {
      return answer.join() < 400;
    } catch (CompletionException e) {
      return false;
    }
  }
}
