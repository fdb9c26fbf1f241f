package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.Limits;
import io.perfkit.ratelimit.Limit;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a host did with a client that asks far more often than any client should.
 *
 * @param refused because it was too often
 * @param above what was admitted beyond the limits, in the time that it took
 */
record Flood(long refused, long above) {
  private static final int REQUESTS = 300;
  private static final int LOGINS = 30;
  private static final int BETS = 100;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final long USER = 42;

  /** One address that reads, one that tries to log in, and one user who bets from everywhere. */
  static Flood run(URI host, long openMarket, Timing timing) {
    String bet = ComparedCalls.bet(USER, openMarket, "YES", "1");
    try (HttpTarget reader = HttpTarget.of(host, "203.0.113.1");
        HttpTarget guesser = HttpTarget.of(host, "203.0.113.2");
        HttpTarget everywhere = new HttpTarget(host)) {
      return of(Limits.ADDRESS.limit(), REQUESTS, () -> Call.get("/markets"), reader, timing)
          .and(of(Limits.LOGIN.limit(), LOGINS, () -> login(USER), guesser, timing))
          .and(of(Limits.USER.limit(), BETS, () -> Call.post("/bets", bet), everywhere, timing));
    }
  }

  private static Call login(long user) {
    return Call.post("/login", "{\"userId\":%d}".formatted(user));
  }

  private Flood and(Flood other) {
    return new Flood(refused + other.refused, above + other.above);
  }

  /** Sends all at once; what has no answer, or another error, is neither refused nor admitted. */
  private static Flood of(
      Limit limit, int count, Supplier<Call> calls, Target target, Timing timing) {
    long start = timing.nanos();
    List<CompletableFuture<Integer>> answers =
        Stream.generate(calls).limit(count).map(target::send).toList();
    List<Integer> statuses =
        answers.stream().map(answer -> answer.exceptionally(failure -> 0).join()).toList();
    long admitted = statuses.stream().filter(status -> status > 0 && status < 400).count();
    long refused = statuses.stream().filter(status -> status == TOO_MANY_REQUESTS).count();
    long most = most(limit, Duration.ofNanos(timing.nanos() - start));
    return new Flood(refused, Math.max(0, admitted - most));
  }

  /** The bound that {@code limit} promises for a span. */
  private static long most(Limit limit, Duration span) {
    long periods = span.toNanos() / limit.period().toNanos();
    return limit instanceof Limit.TokenBucket
        ? limit.capacity() + limit.permits() * span.toNanos() / limit.period().toNanos()
        : limit.permits() * (periods + 1);
  }
}
