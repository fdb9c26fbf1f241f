package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.security.Principal;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The Java of README.md and docs/guide/ratelimit.md, run. */
@RealRedis
final class GuideIT {
  private final RedisClient redis;
  private final RedisGuard patient;
  private final String address = "192.0.2.1";
  private final String userId = "42";

  GuideIT(TestRedis server) {
    redis = server.client();
    patient = // while it is open, what is built on the client has its budget
        RedisGuard.builder(redis)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
  }

  @AfterEach
  void close() {
    patient.close();
  }

  @Test
  void fiveLines() {
    RateLimiter limiter = RateLimiter.create(redis, "shop");
    Plan api =
        Plan.of("api")
            .with(Policy.tokenBucket("per-ip", 10, Duration.ofSeconds(1)), "ip")
            .with(Policy.slidingWindow("per-user", 1_000, Duration.ofMinutes(1)), "user");
    Decision decision = limiter.check(api, Request.of("ip", address).with("user", userId));

    assertThat(decision.allowed()).isTrue();
    assertThat(decision.limits()).extracting(LimitStatus::limit).containsExactly(10L, 1_000L);
    limiter.reset(api, Request.of("ip", address).with("user", userId));
    limiter.close();
  }

  @Test
  void withoutRedis() {
    RateLimiter limiter = RateLimiter.local();
    Policy perMinute = Policy.slidingWindow("per-minute", 6, Duration.ofMinutes(1));
    Plan login = Plan.of("login").with(perMinute, "ip");
    Decision decision = limiter.check(login, Request.of("ip", address));

    assertThat(decision.allowed()).isTrue();
    assertThat(decision.limits()).extracting(LimitStatus::remaining).containsExactly(5L);
    limiter.close();
  }

  @Test
  void refusals() {
    try (RateLimiter limiter = RateLimiter.create(redis, "guide")) {
      Plan plan = Plan.of("p").with(Policy.tokenBucket("once", 1, Duration.ofHours(1)));
      limiter.reset(plan, Request.of());
      limiter.check(plan, Request.of());
      Decision decision = limiter.check(plan, Request.of());

      if (decision instanceof Decision.Denied denied) {
        int status = denied.reason() == Decision.Reason.UNAVAILABLE ? 503 : 429;
        Duration wait = denied.retryAfter();

        assertThat(status).isEqualTo(429);
        assertThat(wait).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
      }
      assertThat(decision.allowed()).isFalse();
    }
  }

  @Test
  void policies() {
    Policy general = Policy.tokenBucket("general", 10, Duration.ofSeconds(1), 20);
    Policy login = Policy.slidingWindow("login", 6, Duration.ofMinutes(1));
    Policy report =
        Policy.calendarQuota("report", 100, ChronoUnit.DAYS, ZoneId.of("Europe/Berlin"));
    Policy export = Policy.concurrency("export", 3, Duration.ofMinutes(5));
    Policy trial = Policy.fixedWindow("trial", 1_000, Duration.ofHours(1)).withCost(5).asShadow();

    try (RateLimiter limiter = RateLimiter.create(redis, "guide")) {
      Plan all = Plan.of("all");
      for (Policy policy : List.of(general, login, report, export, trial)) {
        all = all.with(policy, "user");
      }
      limiter.reset(all, Request.of("user", userId));
      assertThat(limiter.check(all, Request.of("user", userId)).limits())
          .extracting(LimitStatus::remaining)
          .containsExactly(19L, 5L, 99L, 2L, 995L);
    }
  }

  @Test
  void boundKeys() {
    try (RateLimiter limiter = RateLimiter.create(redis, "guide")) {
      Plan plan =
          Plan.of("mails").with(Policy.slidingWindow("mails", 3, Duration.ofHours(1)), "tenant");
      String tenant = "t-" + System.identityHashCode(this);
      limiter.reset(plan, Request.of("tenant", tenant));
      Deque<String> queue = new ArrayDeque<>(List.of("a", "b", "c", "d", "e"));

      BoundLimiter mails = limiter.bind(plan, Request.of("tenant", tenant));
      while (mails.check().allowed() && !queue.isEmpty()) {
        send(queue.remove());
      }

      assertThat(queue).containsExactly("d", "e");
    }
  }

  private static void send(String mail) {
    assertThat(mail).isNotEmpty();
  }

  @Test
  void heldPermits() {
    try (RateLimiter limiter = RateLimiter.create(redis, "guide")) {
      Policy export = Policy.concurrency("export", 3, Duration.ofMinutes(5));
      Plan exports = Plan.of("exports").with(export, "user");
      limiter.reset(exports, Request.of("user", userId));

      Decision held = limiter.check(exports, Request.of("user", userId));
      try {
        runExport(held);
      } finally {
        limiter.release(held);
      }

      Decision after = limiter.peek(exports, Request.of("user", userId));
      assertThat(after.limits().get(0).remaining()).isEqualTo(3);
    }
  }

  private static void runExport(Decision held) {
    assertThat(held.limits().get(0).remaining()).isEqualTo(2);
  }

  @Test
  void exemptPrincipals() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Principal principal = () -> "monitoring";
    Plan api = Plan.of("api").with(Policy.tokenBucket("general", 10, Duration.ofSeconds(1)), "ip");

    RateLimiter limiter =
        RateLimiter.builder(redis, "shop")
            .bypass(user -> user.getName().equals("monitoring"))
            .meterRegistry(registry)
            .build();
    Decision decision = limiter.check(api, Request.of("ip", address).as(principal));

    assertThat(decision).isInstanceOf(Decision.Bypassed.class);
    assertThat(registry.get("perf.ratelimit.bypassed").functionCounter().count()).isEqualTo(1);
    limiter.close();
    assertThat(registry.getMeters()).as("the host gets its registry back").isEmpty();
  }

  @Test
  void whileRedisIsDown() {
    Policy login =
        Policy.slidingWindow("login", 6, Duration.ofMinutes(1))
            .withOnRedisDown(OnRedisDown.local(0.25)); // of four nodes, each admits a quarter

    assertThat(login.onRedisDown().share()).isEqualTo(0.25);
  }

  @Test
  void usualLimits() {
    Policy general = Policy.tokenBucket("general", 10, Duration.ofSeconds(1));
    Policy perUser = Policy.tokenBucket("per-user", 20, Duration.ofSeconds(1));
    Policy auth = Policy.slidingWindow("auth", 6, Duration.ofMinutes(1));
    Plan api = Plan.of("api").with(general, "ip").withIfPresent(perUser, "user");
    Plan login = Plan.of("login").with(general, "ip").with(auth, "ip");

    assertThat(api.parts()).extracting(Plan.Part::optional).containsExactly(false, true);
    assertThat(login.parts()).extracting(Plan.Part::dimension).containsExactly("ip", "ip");
  }

  @Test
  void aBillingMonth() {
    Policy billed =
        Policy.calendarQuota(
            "billed",
            10_000,
            ChronoUnit.MONTHS,
            ZoneOffset.UTC,
            LocalDateTime.of(2026, 1, 20, 0, 0));

    assertThat(billed.limit().permits()).isEqualTo(10_000);
  }

  @Test
  void inDevelopment() {
    Plan api = Plan.of("api").with(Policy.tokenBucket("general", 1, Duration.ofHours(1)), "ip");
    boolean development = true;

    RateLimiter limiter = development ? RateLimiter.disabled() : RateLimiter.create(redis, "shop");

    for (int i = 0; i < 3; i++) {
      assertThat(limiter.check(api, Request.of("ip", address)).allowed()).isTrue();
    }
    limiter.close();
  }

  @Test
  void aCostThatIsKnownAfterwards() {
    try (RateLimiter limiter = RateLimiter.create(redis, "guide")) {
      Plan tokens =
          Plan.of("tokens").with(Policy.tokenBucket("tokens", 200, Duration.ofHours(1)), "user");
      Request user = Request.of("user", userId);
      limiter.reset(tokens, user);

      Decision reserved = limiter.check(tokens, user, 100);
      long used = complete(reserved);
      if (used < 100) {
        limiter.refund(reserved, 100 - used);
      } else if (used > 100) {
        limiter.charge(tokens, user, used - 100);
      }

      assertThat(limiter.check(tokens, user).retryAfter())
          .as("50 are owed, at 200 an hour")
          .isBetween(Duration.ofMinutes(14), Duration.ofMinutes(16));
    }
  }

  private static long complete(Decision reserved) {
    return reserved.allowed() ? 250 : 0;
  }

  private record Part(int number) {}

  private static void write(Part part) {
    assertThat(part.number()).isPositive();
  }

  @Test
  void aTaskThatTakesLong() {
    try (RateLimiter limiter = RateLimiter.create(redis, "guide")) {
      Policy export = Policy.concurrency("export", 1, Duration.ofSeconds(30));
      Plan exports = Plan.of("exports").with(export, "user");
      limiter.reset(exports, Request.of("user", userId));
      List<Part> parts = List.of(new Part(1), new Part(2));
      Decision held = limiter.check(exports, Request.of("user", userId));

      for (Part part : parts) {
        if (!limiter.renew(held)) {
          throw new IllegalStateException("another export may run");
        }
        write(part);
      }

      assertThat(limiter.check(exports, Request.of("user", userId)).allowed()).isFalse();
      limiter.release(held);
    }
  }

  @Test
  void aLimitForEachCustomer() {
    Map<String, Limit> contracts = new ConcurrentHashMap<>();
    String customer = "acme";

    RateLimiter limiter =
        RateLimiter.builder(redis, "shop")
            .limits("per-customer", key -> Optional.ofNullable(contracts.get(key)))
            .build();
    Policy perCustomer = Policy.tokenBucket("per-customer", 10, Duration.ofSeconds(1));
    Plan api = Plan.of("api").with(perCustomer, "customer");

    Request request = Request.of("customer", customer);
    assertThat(limiter.check(api, request).limits().get(0).limit()).isEqualTo(10);

    contracts.put(customer, new Limit.TokenBucket(50, Duration.ofSeconds(1), 50));
    limiter.limitChanged("per-customer", customer);

    assertThat(limiter.check(api, request).limits().get(0).limit()).isEqualTo(50);
    limiter.close();
  }
}
