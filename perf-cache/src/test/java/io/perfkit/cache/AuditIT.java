package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RealRedis
final class AuditIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration BOUND = Duration.ofSeconds(1);

  private final TestRedis server;
  private final String prefix;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Caches cachesA;
  private final Caches cachesB;
  private final Cache<String, String> a;
  private final Cache<String, String> b;

  AuditIT(TestRedis server) {
    this.server = server;
    prefix = server.prefix() + UUID.randomUUID();
    cachesA = node(registry);
    cachesB = node(new SimpleMeterRegistry());
    a = cache(cachesA);
    b = cache(cachesB);
  }

  private Caches node(SimpleMeterRegistry meters) {
    return Caches.builder(server.newClient(), prefix)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .meterRegistry(meters)
        .config(CachesConfig.builder().hitsPerAudit(1).build())
        .build();
  }

  private static Cache<String, String> cache(Caches caches) {
    Await.until("subscribed", DEADLINE, caches::subscribed);
    return caches.cache(
        "names",
        String.class,
        Codec.string(),
        CacheConfig.builder().maxStaleness(BOUND).l1Ttl(Duration.ofMinutes(5)).build());
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
  }

  private double violations(String redis) {
    return registry
        .get("perf.cache.coherence.violations")
        .tag("redis", redis)
        .functionCounter()
        .count();
  }

  private double suspectedAge() {
    return registry.get("perf.cache.coherence.suspected.age").timeGauge().value();
  }

  private double audited() {
    return registry.get("perf.cache.coherence.audited").functionCounter().count();
  }

  private String redisKey(String key) {
    return CacheIT.redisKeyOf(prefix, "names", key);
  }

  /** Lets a hold a copy of "old" whose entry {@code change} changes, of which no message tells. */
  private void differ(Runnable change) {
    Await.until(
        "a copy that differs",
        DEADLINE,
        () -> {
          a.put("k", "old");
          change.run();
          return "old".equals(a.getIfPresent("k"));
        });
  }

  /** Reads until the audit has had its hits and seen it; after an honest question, begins anew. */
  private void awaitViolation(String redis, Runnable change) {
    Await.until(
        "the audit finds it",
        DEADLINE,
        () -> {
          if (!"old".equals(a.getIfPresent("k")) && violations(redis) == 0) {
            differ(change);
          }
          return violations(redis) > 0;
        });
  }

  private void replaceEntry() {
    server.client().setrange(redisKey("k"), 33, "another stamp...");
    server.client().setrange(redisKey("k"), 83, "new");
  }

  private void removeEntry() {
    server.client().del(redisKey("k"));
  }

  @Test
  void findsAndDropsACopyWhoseEntryWasChangedBehindOurBack() {
    awaitViolation("other", this::replaceEntry);
    Await.until("dropped", DEADLINE, () -> "new".equals(a.get("k", key -> "loaded")));
    assertThat(violations("none")).isZero();
  }

  @Test
  void findsAndDropsACopyWhoseEntryIsGone() {
    awaitViolation("none", this::removeEntry);
    Await.until("dropped", DEADLINE, () -> "loaded".equals(a.get("k", key -> "loaded")));
    assertThat(violations("other")).isZero();
  }

  @Test
  void tellsForHowLongACopyHasDiffered() {
    Await.until(
        "it lags",
        DEADLINE,
        () -> {
          if (a.getIfPresent("k") == null) {
            differ(this::removeEntry);
          }
          return suspectedAge() > 0;
        });
    awaitViolation("none", this::removeEntry);
    Await.until("it is over", DEADLINE, () -> suspectedAge() == 0);
  }

  @Test
  void findsNothingInARunUnderLoadThatIsCoherent() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> workers = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Cache<String, String> node = t % 2 == 0 ? a : b;
      workers.add(
          threads.submit(
              () -> {
                ThreadLocalRandom random = ThreadLocalRandom.current();
                while (!stop.get()) {
                  String key = "key-" + random.nextInt(200);
                  int action = random.nextInt(200);
                  if (action == 0) {
                    node.invalidate(key);
                  } else if (action == 1) {
                    node.put(key, "put " + random.nextInt());
                  } else {
                    node.get(key, k -> "loaded " + random.nextInt());
                  }
                }
              }));
    }
    try {
      Await.until("much was audited", Duration.ofSeconds(30), () -> audited() > 200);
    } finally {
      stop.set(true);
      threads.shutdown();
    }
    for (Future<?> worker : workers) {
      worker.get(10, SECONDS);
    }
    assertThat(violations("other")).isZero();
    assertThat(violations("none")).isZero();
  }

  @Test
  void looksAtNothingWithoutHits() {
    a.put("k", "v");
    double before = audited();
    long hits = a.stats().l1Hits();
    Await.until(
        "the other node's audit has run on",
        DEADLINE,
        () -> {
          b.get("k", key -> "v");
          return b.stats().l1Hits() > 10;
        });
    assertThat(a.stats().l1Hits()).isEqualTo(hits);
    assertThat(audited()).isEqualTo(before);
  }

  @Test
  void canBeTurnedOff() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (Caches caches =
        Caches.builder(server.client(), prefix + "off")
            .meterRegistry(meters)
            .config(CachesConfig.builder().hitsPerAudit(0).build())
            .build()) {
      Cache<String, String> unused =
          caches.cache("names", String.class, Codec.string(), CacheConfig.defaults());
      assertThat(meters.find("perf.cache.coherence.audited").meters()).isEmpty();
    }
    assertThatThrownBy(() -> CachesConfig.builder().hitsPerAudit(-1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hitsPerAudit: -1 (expected: >= 0)");
  }
}
