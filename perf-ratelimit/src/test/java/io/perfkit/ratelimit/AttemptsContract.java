package io.perfkit.ratelimit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;

/**
 * How often a server executes an operation of a limiter whose reply is lost: once, whatever the
 * client's own retries are.
 */
abstract class AttemptsContract {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Request A = Request.of("ip", "192.0.2.1");
  private static final Pattern SCRIPTS = Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)");

  private final Plan bucket =
      Plan.of("bucket").with(Policy.tokenBucket("bucket", 1_000, HOUR), "ip");
  private final Plan held = Plan.of("held").with(Policy.concurrency("held", 1_000, HOUR), "ip");
  private final Plan leased =
      Plan.of("leased")
          .with(
              Policy.tokenBucket("leased", 1_000_000, Duration.ofSeconds(1))
                  .leased(Duration.ofMinutes(1)),
              "ip");

  /** The client that the limiter uses: it goes through {@link #proxies()}. */
  abstract UnifiedJedis client();

  abstract List<FaultProxy> proxies();

  /** Clients of all servers that may execute something. */
  abstract List<RedisClient> servers();

  private long ran() {
    long sum = 0;
    for (RedisClient server : servers()) {
      Matcher calls = SCRIPTS.matcher(server.info("commandstats"));
      while (calls.find()) {
        sum += Long.parseLong(calls.group(1));
      }
    }
    return sum;
  }

  @Test
  void everyOperationWhoseReplyIsLostRanOnce() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (RateLimiter limiter =
        RateLimiter.builder(client(), "attempts")
            .config(RateLimiterConfig.builder().denialTtl(Duration.ZERO).build())
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)).withLanes(1))
            .build()) {
      Decision[] charged = new Decision[4];
      for (int i = 0; i < charged.length; i++) {
        charged[i] = limiter.check(bucket, A, 5);
      }
      Decision[] holds = {limiter.check(held, A), limiter.check(held, A), limiter.check(held, A)};
      knowAllScripts(limiter);
      Attempts attempts = new Attempts(limiter, threads);

      attempts.lose("check", () -> limiter.check(bucket, A));
      attempts.lose("check of several", () -> limiter.check(bucket, A, 7));
      attempts.lose("check of a plan", () -> limiter.check(held.with(policy("two"), "ip"), A));
      attempts.lose("peek", () -> limiter.peek(bucket, A));
      attempts.lose("await", () -> limiter.await(bucket, A, DEADLINE));
      attempts.lose("refund", () -> limiter.refund(charged[0]));
      attempts.lose("refund of a part", () -> limiter.refund(charged[1], 2));
      attempts.lose("charge", () -> limiter.charge(bucket, A, 3));
      attempts.lose("release", () -> limiter.release(holds[0]));
      attempts.lose("renew", () -> limiter.renew(holds[1]));
      attempts.lose("block", () -> block(limiter));
      attempts.lose("reset", () -> reset(limiter, bucket));
      attempts.lose("a lease", () -> limiter.check(leased, A));
      attempts.lose("reset of a lease", () -> reset(limiter, leased));
    } finally {
      threads.shutdownNow();
    }
  }

  private static Policy policy(String name) {
    return Policy.slidingWindow(name, 100, HOUR);
  }

  /** So that no script is sent twice because the server does not know it. */
  private void knowAllScripts(RateLimiter limiter) {
    Request other = Request.of("ip", "other");
    try (RateLimiter another =
        RateLimiter.create(client(), "another")) { // whose lease ends with it
      assertThat(another.check(leased, other).allowed()).isTrue();
    }
    Decision unlucky = limiter.check(held, other);
    assertThat(limiter.renew(unlucky)).isTrue();
    assertThat(limiter.release(unlucky)).isTrue();
    assertThat(limiter.charge(bucket, other, 1)).isTrue();
    limiter.block(bucket, other, HOUR);
    limiter.reset(bucket, other);
    assertThat(limiter.refund(limiter.check(bucket, other))).isTrue();
  }

  private Object block(RateLimiter limiter) {
    limiter.block(bucket, Request.of("ip", "blocked"), HOUR);
    return true;
  }

  private static Object reset(RateLimiter limiter, Plan plan) {
    limiter.reset(plan, A);
    return true;
  }

  /** Loses replies of one limiter's operations. */
  private final class Attempts {
    private final RateLimiter limiter;
    private final ExecutorService threads;

    Attempts(RateLimiter limiter, ExecutorService threads) {
      this.limiter = limiter;
      this.threads = threads;
    }

    void lose(String what, Callable<Object> operation) throws Exception {
      Await.until("Redis is asked again, before " + what, DEADLINE, this::isConnected);
      long before = ran();
      proxies().forEach(FaultProxy::dropReplies);
      Future<Object> under = threads.submit(operation);
      Await.until("it ran: " + what, DEADLINE, () -> ran() > before);
      proxies().forEach(FaultProxy::halfClose); // so that it can't be on its way any more
      proxies().forEach(FaultProxy::heal);
      assertThat(answer(under)).as(what).isTrue();
      assertThat(ran()).as("%s: times it ran", what).isEqualTo(before + 1);
      // What a half-closed connection is given next would run late, and be counted then.
      proxies().forEach(FaultProxy::cut);
      proxies().forEach(FaultProxy::heal);
    }

    /** Whether there are connections for both slots: the first calls of one go another way. */
    private boolean isConnected() {
      for (int i = 0; i < 4; i++) {
        if (limiter.peek(bucket, A).degraded()) {
          return false;
        }
        try {
          limiter.reset(leased, A);
        } catch (RedisUnavailable e) {
          return false;
        }
      }
      return true;
    }

    /** Whether the operation says that Redis gave no answer. */
    private boolean answer(Future<Object> under) throws Exception {
      try {
        Object answer = under.get(30, SECONDS);
        return answer instanceof Decision decision ? decision.degraded() : answer.equals(false);
      } catch (ExecutionException e) {
        return e.getCause() instanceof RedisUnavailable;
      }
    }
  }
}
