package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.LimitStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Writes a decision as response headers. Seconds are rounded up, so that a client that waits as
 * long as the response says does not retry too early. Thread safe.
 *
 * <pre>
 * X-RateLimit-Limit: 10                     of the policy that binds, unless it is hidden
 * X-RateLimit-Remaining: 0
 * X-RateLimit-Reset: 1767225601
 * Retry-After: 1                            of a refusal that waiting can help
 * RateLimit-Policy: "general";q=10;w=1      of all policies that are not hidden
 * RateLimit: "general";r=0;t=1
 * </pre>
 */
public final class RateLimitHeaders {
  private static final String LIMIT = "X-RateLimit-Limit";
  private static final String REMAINING = "X-RateLimit-Remaining";
  private static final String RESET = "X-RateLimit-Reset";
  private static final String RETRY_AFTER = "Retry-After";
  private static final String RATE_LIMIT = "RateLimit";
  private static final String RATE_LIMIT_POLICY = "RateLimit-Policy";

  private final HeadersConfig config;
  private final InstantSource clock;

  private RateLimitHeaders(HeadersConfig config, InstantSource clock) {
    this.config = requireNonNull(config, "config");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Headers by these settings and the system's clock. */
  public static RateLimitHeaders of(HeadersConfig config) {
    return of(config, InstantSource.system());
  }

  /** Headers by these settings and another clock. */
  public static RateLimitHeaders of(HeadersConfig config, InstantSource clock) {
    return new RateLimitHeaders(config, clock);
  }

  /** The names that may be written, for {@code Access-Control-Expose-Headers}. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    if (config.xRateLimit()) {
      names.addAll(List.of(LIMIT, REMAINING, RESET));
    }
    names.add(RETRY_AFTER);
    if (config.rateLimit()) {
      names.addAll(List.of(RATE_LIMIT_POLICY, RATE_LIMIT));
    }
    return List.copyOf(names);
  }

  /**
   * Writes the headers of a decision; none for an exempt request.
   *
   * @param set takes a name and a value, which replaces an earlier one
   */
  public void write(Decision decision, BiConsumer<String, String> set) {
    if (config.xRateLimit()) {
      decision
          .binding()
          .filter(status -> !status.policy().hidden())
          .ifPresent(status -> writeBinding(status, set));
    }
    if (config.rateLimit()) {
      writeAll(decision, set);
    }
    if (decision instanceof Decision.Denied denied) {
      Duration wait = Seconds.wait(denied);
      if (!Seconds.never(wait)) {
        set.accept(RETRY_AFTER, Long.toString(Math.max(1, Seconds.up(wait))));
      }
    }
  }

  private void writeBinding(LimitStatus status, BiConsumer<String, String> set) {
    long reset =
        switch (config.reset()) {
          case EPOCH_SECONDS -> Seconds.up(clock.instant(), status.resetAfter());
          case DELTA_SECONDS -> Seconds.up(status.resetAfter());
        };
    set.accept(LIMIT, Long.toString(status.limit()));
    set.accept(REMAINING, Long.toString(status.remaining()));
    set.accept(RESET, Long.toString(reset));
  }

  private static void writeAll(Decision decision, BiConsumer<String, String> set) {
    List<String> policies = new ArrayList<>();
    List<String> standings = new ArrayList<>();
    for (LimitStatus status : decision.limits()) {
      if (!status.policy().hidden() && !status.policy().shadow()) {
        policies.add(StructuredFields.policy(status.policy()));
        standings.add(StructuredFields.result(status));
      }
    }
    if (!policies.isEmpty()) {
      set.accept(RATE_LIMIT_POLICY, String.join(", ", policies));
      set.accept(RATE_LIMIT, String.join(", ", standings));
    }
  }
}
