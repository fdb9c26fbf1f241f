package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;

/** The rows of docs/operations/failure-modes.md for the limiter. */
final class RateLimiterFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration PROBE = Duration.ofMillis(100);
  private static final Duration BUDGET = Duration.ofSeconds(2);
  private static final Request A = Request.of("ip", "192.0.2.1");

  private static final Plan OPEN = plan("open", OnRedisDown.open());
  private static final Plan CLOSED = plan("closed", OnRedisDown.closed());
  private static final Plan LOCAL = plan("local", OnRedisDown.local(0.5));
  private static final Plan WHOLE = plan("whole", OnRedisDown.local(1));

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy proxy = FaultProxy.to(server.address());
  private final RedisClient direct = client(server.address());
  private final RedisClient client = client(proxy.address());
  private final RateLimiter limiter = limiter(client);

  private static Plan plan(String name, OnRedisDown mode) {
    return Plan.of(name).with(Policy.tokenBucket(name, 10, HOUR).withOnRedisDown(mode), "ip");
  }

  private static RedisClient client(HostAndPort address) {
    return RedisClient.builder().hostAndPort(address).build();
  }

  private static RateLimiter limiter(RedisClient client) {
    return RateLimiter.builder(client, "fault")
        .config(RateLimiterConfig.builder().denialTtl(Duration.ZERO).build())
        .guard(GuardConfig.defaults().withBudget(BUDGET).withProbeEvery(PROBE))
        .build();
  }

  @AfterEach
  void close() {
    limiter.close();
    client.close();
    direct.close();
    proxy.close();
    server.close();
  }

  @Test
  void aFullRedisReleasesWhatIsHeldAndDecidesNoNewKey() {
    Plan plan =
        Plan.of("full")
            .with(Policy.tokenBucket("full-bucket", 10, HOUR), "ip")
            .with(Policy.concurrency("full-held", 1, HOUR), "ip");
    Decision held = limiter.check(plan, A);
    assertThat(held.allowed()).isTrue();
    direct.configSet("maxmemory-policy", "noeviction");
    direct.configSet("maxmemory", "1");
    assertThat(limiter.check(LOCAL, A).degraded()).isTrue();
    assertThat(limiter.refund(held)).isTrue();
    direct.configSet("maxmemory", "0");
    Decision again = limiter.check(plan, A);
    assertThat(again.allowed()).as("nothing is held").isTrue();
    assertThat(again.limits().get(0).remaining()).isEqualTo(9);
  }

  /** Whatever the fault: each policy decides as it says, and Redis decides again afterwards. */
  private void decidesByFailureModeUntil(Runnable healed) {
    Decision open = limiter.check(OPEN, A);
    assertThat(open.allowed()).isTrue();
    assertThat(open.degraded()).isTrue();

    Decision closed = limiter.check(CLOSED, A);
    assertThat(closed).isInstanceOf(Decision.Denied.class);
    assertThat(((Decision.Denied) closed).reason()).isEqualTo(Decision.Reason.UNAVAILABLE);
    assertThat(closed.retryAfter()).isEqualTo(PROBE);
    assertThat(closed.degraded()).isTrue();

    for (int i = 0; i < 5; i++) {
      Decision local = limiter.check(LOCAL, A);
      assertThat(local.allowed()).as("half of ten, %s", i).isTrue();
      assertThat(local.degraded()).isTrue();
      assertThat(local.limits().get(0).limit()).isEqualTo(5);
    }
    Decision spent = limiter.check(LOCAL, A);
    assertThat(((Decision.Denied) spent).reason()).isEqualTo(Decision.Reason.SPENT);
    Decision more = limiter.check(LOCAL, Request.of("ip", "other"), 6);
    assertThat(((Decision.Denied) more).reason())
        .as("more than the share, but not than the limit")
        .isEqualTo(Decision.Reason.UNAVAILABLE);
    assertThat(limiter.health().redisAvailable()).isFalse();
    assertThat(limiter.health().healthy()).isFalse();

    healed.run();
    Await.until("Redis decides again", DEADLINE, () -> !limiter.peek(LOCAL, A).degraded());
    assertThat(limiter.check(CLOSED, A).allowed()).isTrue();
    assertThat(limiter.health().healthy()).isTrue();
  }

  private void untilDown() {
    Await.until(
        "Redis is taken for down",
        DEADLINE,
        () -> {
          limiter.peek(OPEN, A);
          return !limiter.health().redisAvailable();
        });
  }

  @Test
  void aKilledRedisIsReplacedByWhatEachPolicySays() {
    assertThat(limiter.check(OPEN, A).degraded()).isFalse();
    server.kill();
    untilDown();
    decidesByFailureModeUntil(server::restart);
  }

  @Test
  void aFrozenRedisCostsOneBudgetAndIsThenReplaced() {
    assertThat(limiter.check(OPEN, A).degraded()).isFalse();
    server.freeze();
    long start = System.nanoTime();
    assertThat(limiter.check(OPEN, A).degraded()).isTrue();
    for (int i = 0; i < 1_000; i++) {
      assertThat(limiter.check(OPEN, A).degraded()).isTrue();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("one budget for 1,001 calls")
        .isLessThan(BUDGET.multipliedBy(15));
    decidesByFailureModeUntil(server::thaw);
  }

  @Test
  void aRedisSlowerThanTheBudgetIsReplaced() {
    assertThat(limiter.check(OPEN, A).degraded()).isFalse();
    proxy.delay(Duration.ofSeconds(3)); // a probe takes twice as long, and gives up before
    untilDown();
    decidesByFailureModeUntil(() -> proxy.delay(Duration.ZERO));
  }

  @Test
  void aCutWireIsReplaced() {
    assertThat(limiter.check(OPEN, A).degraded()).isFalse();
    proxy.cut();
    untilDown();
    decidesByFailureModeUntil(proxy::heal);
  }

  @Test
  void aLostReplyChargesAtMostOnce() {
    assertThat(limiter.check(WHOLE, A).degraded()).isFalse();
    proxy.dropReplies();
    assertThat(limiter.check(WHOLE, A).degraded()).isTrue();
    proxy.heal();
    Await.until("Redis decides again", DEADLINE, () -> !limiter.peek(WHOLE, A).degraded());

    assertThat(limiter.peek(WHOLE, A).limits().get(0).remaining()).isEqualTo(8);
  }

  @Test
  void aFlushedScriptIsSentAgain() {
    for (int i = 0; i < 5; i++) {
      direct.scriptFlush();
      Decision decision = limiter.check(WHOLE, A);
      assertThat(decision.degraded()).isFalse();
      assertThat(decision.limits().get(0).remaining()).isEqualTo(9 - i);
    }
  }

  @Test
  void whatStandsInHasSeenWhatRedisAdmitted() {
    for (int i = 0; i < 8; i++) {
      assertThat(limiter.check(WHOLE, A).allowed()).isTrue();
    }
    server.kill();

    int admitted = 0;
    for (int i = 0; i < 10; i++) {
      admitted += limiter.check(WHOLE, A).allowed() ? 1 : 0;
    }
    assertThat(admitted).as("of ten, eight were gone").isEqualTo(2);
    assertThat(limiter.health().keys()).isEqualTo(1);
  }

  @Test
  void allNodesTogetherAdmitNoMoreThanTheirShares() {
    try (RedisClient otherClient = client(proxy.address());
        RateLimiter other = limiter(otherClient)) {
      server.kill();
      int admitted = 0;
      for (int i = 0; i < 50; i++) {
        admitted += limiter.check(LOCAL, A).allowed() ? 1 : 0;
        admitted += other.check(LOCAL, A).allowed() ? 1 : 0;
      }
      assertThat(admitted).isEqualTo(2 * 5);
    }
  }

  @Test
  void oneClosedPolicyRefusesAPlanAndChargesNoneOfTheOthers() {
    Plan mixed =
        Plan.of("mixed")
            .with(WHOLE.parts().get(0).policy(), "ip")
            .with(CLOSED.parts().get(0).policy(), "ip");
    server.kill();

    Decision refusal = limiter.check(mixed, A);

    assertThat(((Decision.Denied) refusal).reason()).isEqualTo(Decision.Reason.UNAVAILABLE);
    assertThat(limiter.peek(WHOLE, A).limits().get(0).remaining()).isEqualTo(10);
  }

  @Test
  void aShadowRefusesNothingEvenWhileRedisIsDown() {
    Policy shadow =
        Policy.tokenBucket("shadow", 1, HOUR).withOnRedisDown(OnRedisDown.closed()).asShadow();
    server.kill();

    assertThat(limiter.check(Plan.of("shadow").with(shadow, "ip"), A).allowed()).isTrue();
  }

  @Test
  void whatOnlyRedisCanDoFailsAndSaysSo() {
    Decision charged = limiter.check(WHOLE, A);
    server.kill();

    assertThatThrownBy(() -> limiter.block(WHOLE, A, HOUR))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageNotContaining("192.0.2.1");
    assertThatThrownBy(() -> limiter.reset(WHOLE, A)).isInstanceOf(RedisUnavailable.class);
    assertThat(limiter.refund(charged)).isFalse();
    assertThat(limiter.charge(WHOLE, A, 3)).isFalse();
    assertThat(limiter.peek(WHOLE, A).limits().get(0).remaining())
        .as("of ten, what was admitted and charged")
        .isEqualTo(6);
    Decision local = limiter.check(LOCAL, A);
    assertThat(limiter.refund(local)).as("counted here, so refunded here").isTrue();
    assertThat(limiter.peek(LOCAL, A).limits().get(0).remaining()).isEqualTo(5);
  }

  @Test
  void heldPermitsAreNotRenewedWhileRedisIsDownButThoseOfTheFallbackAre() {
    Plan held = Plan.of("held").with(Policy.concurrency("held", 3, HOUR), "ip");
    Decision before = limiter.check(held, A);
    assertThat(limiter.renew(before)).isTrue();
    server.kill();
    assertThat(limiter.renew(before)).isFalse();
    Decision local = limiter.check(held, A);
    assertThat(local.degraded()).isTrue();
    assertThat(limiter.renew(local)).isTrue();
    assertThat(limiter.release(local)).isTrue();
    assertThat(limiter.renew(local)).isFalse();
  }

  @Test
  void aLogLineTellsThatDecisionsAreDegraded() {
    server.kill();
    PrintStream console = System.err;
    ByteArrayOutputStream logged = new ByteArrayOutputStream();
    System.setErr(new PrintStream(logged, true, UTF_8));
    try {
      for (int i = 0; i < 20; i++) {
        assertThat(limiter.check(LOCAL, A)).asString().contains("degraded");
      }
    } finally {
      System.setErr(console);
    }
    assertThat(logged.toString(UTF_8).lines().filter(line -> line.contains("ratelimit")))
        .singleElement(STRING)
        .contains("WARN", "(degraded), policy local by OnRedisDown[kind=LOCAL, share=0.5]");
  }

  @Test
  void noCheckFailsWhileRedisDiesAndComesBackUnderLoad() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong checks = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> callers = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int seed = t;
        callers.add(
            threads.submit(
                () -> {
                  for (int i = seed; !stop.get(); i += 7) {
                    Request request = Request.of("ip", "ip-" + i % 3);
                    Decision decision = limiter.check(i % 2 == 0 ? LOCAL : OPEN, request);
                    assertThat(decision.limits().size()).isBetween(0, 1);
                    if (i % 5 == 0) {
                      limiter.refund(decision);
                    }
                    checks.incrementAndGet();
                  }
                }));
      }
      checkOn(checks);
      server.kill();
      checkOn(checks);
      Await.until("noticed", DEADLINE, () -> !limiter.health().redisAvailable());
      checkOn(checks);
      server.restart();
      Await.until("Redis decides again", DEADLINE, () -> limiter.health().redisAvailable());
      checkOn(checks);
      stop.set(true);
      for (Future<?> caller : callers) {
        caller.get(10, TimeUnit.SECONDS);
      }
    } finally {
      stop.set(true);
      threads.shutdownNow();
    }
  }

  private static void checkOn(AtomicLong checks) {
    long goal = checks.get() + 1_000;
    Await.until("1,000 checks more", DEADLINE, () -> checks.get() >= goal);
  }

  @Test
  void closingLeavesNoThread() {
    limiter.close(); // while it is open, its guard may start a thread at any time
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          try (RedisClient another = client(server.address());
              RateLimiter closed = limiter(another)) {
            assertThat(closed.check(WHOLE, A).allowed()).isTrue();
          }
        });
  }
}
