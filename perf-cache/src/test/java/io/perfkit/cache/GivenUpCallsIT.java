package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;

/**
 * A call that its caller gave up changes nothing later, and leaves nothing that others wait for.
 */
final class GivenUpCallsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final Duration BUFFERED = Duration.ofSeconds(3);
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofMinutes(5))
          .l2Ttl(Duration.ofMinutes(5))
          .lease(Duration.ofMinutes(5)) // whoever waited for one would not be done in time
          .build();

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy network = FaultProxy.to(server.address());
  private final RedisClient near =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final RedisClient far =
      RedisClient.create(network.address().getHost(), network.address().getPort());
  private final Caches cachesA = caches(far, Duration.ofMillis(500));
  private final Caches cachesB = caches(near, Duration.ofSeconds(5));
  private final Cache<String, String> a =
      cachesA.cache("names", String.class, Codec.string(), CONFIG);
  private final Cache<String, String> b =
      cachesB.cache("names", String.class, Codec.string(), CONFIG);

  private static Caches caches(RedisClient client, Duration budget) {
    return Caches.builder(client, "test")
        .guard(GuardConfig.defaults().withBudget(budget).withProbeEvery(Duration.ofMillis(100)))
        .build();
  }

  @BeforeEach
  void warmUp() {
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
    a.put("warm", "the script of puts, and the server's clock");
    assertThat(a.get("cold", key -> "the script of lookups")).isNotNull(); // else none would run
    Await.until("no invalidation waits", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
    near.close();
    far.close();
    network.close();
    server.close();
  }

  @Test
  void aPutThatArrivesLateDoesNotStandOverANewerInvalidation() throws Exception { // L5
    try (Jedis admin = new Jedis(server.address())) {
      long before = calls(admin, "time");
      network.delay(BUFFERED);
      a.put("k", "late");
      b.put("k", "newer");
      long puts = calls(admin, "time");
      assertThat(puts)
          .as("the one of b, and its first that learns the clock")
          .isGreaterThan(before);

      Await.until(
          "the late one has arrived",
          DEADLINE,
          () -> {
            assertThat(admin.get(key(admin))).doesNotContain("late");
            return calls(admin, "time") > puts;
          });
      assertThat(admin.get(key(admin))).contains("newer");
    }
    network.heal();
    Await.until(
        "a's invalidation has followed", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
    assertThat(b.get("k", key -> "loaded")).isEqualTo("loaded");
  }

  @Test
  void aPutThatWasGivenUpIsFollowedByInvalidationsForAsLongAsItCanLand() { // L5
    try (RedisClient own =
            RedisClient.create(server.address().getHost(), server.address().getPort());
        Caches caches = caches(own, Duration.ofSeconds(3));
        Jedis admin = new Jedis(server.address())) {
      Cache<String, String> names = caches.cache("names", String.class, Codec.string(), CONFIG);
      names.put("k", "known");
      server.freeze();
      names.put("k", "given up");
      server.thaw();
      long before = calls(admin, "unlink");
      Await.until(
          "invalidated more than once", DEADLINE, () -> calls(admin, "unlink") >= before + 3);
      Await.until("until it is over", DEADLINE, () -> caches.unsentInvalidations() == 0);
    }
  }

  private static long calls(Jedis admin, String command) {
    Matcher calls =
        Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(admin.info("commandstats"));
    return calls.find() ? Long.parseLong(calls.group(1)) : 0;
  }

  /** The entry of the key k. */
  private static String key(Jedis admin) {
    return admin.keys("test:*entry:k").iterator().next();
  }

  @Test
  void aLeaseWhoseLookupWasGivenUpKeepsNobodyWaiting() throws Exception {
    network.dropReplies();
    assertThat(a.get("k", key -> "of a")).isEqualTo("of a");
    network.heal();

    assertThat(readByB("k")).isEqualTo("of b");
  }

  @Test
  void aLookupThatRunsAfterAFreezeTakesNoLeaseForACallerThatIsGone() throws Exception {
    try (Jedis admin = new Jedis(server.address())) {
      long asked = calls(admin, "time");
      long taken = calls(admin, "set"); // a lease is a key
      server.freeze();
      try {
        assertThat(a.get("k", key -> "of a")).isEqualTo("of a");
      } finally {
        server.thaw();
      }
      Await.until("it has run", DEADLINE, () -> calls(admin, "time") > asked);
      assertThat(calls(admin, "set")).isEqualTo(taken);
    }
    assertThat(readByB("k")).isEqualTo("of b");
  }

  private String readByB(String key) throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<String> read = thread.submit(() -> b.get(key, unused -> "of b"));
      return read.get(DEADLINE.toSeconds(), SECONDS);
    } finally {
      thread.shutdownNow();
    }
  }
}
