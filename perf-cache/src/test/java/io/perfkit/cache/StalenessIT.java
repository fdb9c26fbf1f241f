package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;

/** How stale a node may be whose messages are lost; node b stands behind a bad network. */
final class StalenessIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration BOUND = Duration.ofMillis(400);

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy network = FaultProxy.to(server.address());
  private final RedisClient clientA =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final RedisClient clientB =
      RedisClient.create(network.address().getHost(), network.address().getPort());
  private final Caches cachesA = NodesContract.patient(clientA, "test");
  private final Caches cachesB =
      Caches.builder(clientB, "test")
          .guard(
              GuardConfig.defaults()
                  .withBudget(Duration.ofSeconds(2))
                  .withProbeEvery(Duration.ofMillis(100)))
          .build();
  private final AtomicInteger loads = new AtomicInteger();

  @BeforeEach
  void subscribe() {
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
    clientA.close();
    clientB.close();
    network.close();
    server.close();
  }

  private static Cache<String, String> cache(Caches caches, OnRedisDown onRedisDown) {
    return cache(caches, onRedisDown, BOUND);
  }

  private static Cache<String, String> cache(
      Caches caches, OnRedisDown onRedisDown, Duration bound) {
    return caches.cache(
        "names",
        String.class,
        Codec.string(),
        CacheConfig.builder()
            .l1Ttl(Duration.ofMinutes(5))
            .l2Ttl(Duration.ofMinutes(5))
            .maxStaleness(bound)
            .onRedisDown(onRedisDown)
            .build());
  }

  @Test
  void aHealthySubscriptionKeepsServingLocalCopies() {
    Cache<String, String> b = cache(cachesB, OnRedisDown.LOAD);
    b.put("k", "v");
    AtomicLong fetched = new AtomicLong(System.nanoTime());
    Await.until( // on a machine that stands still for a bound, a copy is fetched anew now and then
        "a copy that only the beat vouches for, for it is older than the bound",
        DEADLINE,
        () -> {
          long l2Before = b.stats().l2Hits();
          assertThat(b.getIfPresent("k")).isEqualTo("v");
          if (b.stats().l2Hits() > l2Before) {
            fetched.set(System.nanoTime());
          }
          return System.nanoTime() - fetched.get() > BOUND.multipliedBy(4).toNanos();
        });
  }

  @Test
  void aBlackHoledNodeLoadsOnceItsBoundHasPassed() {
    Cache<String, String> a = cache(cachesA, OnRedisDown.LOAD);
    Cache<String, String> b = cache(cachesB, OnRedisDown.LOAD);
    a.put("k", "old");
    NodesContract.holdLocally(b, "k", "old");

    network.blackHole();
    a.invalidate("k");
    long told = System.nanoTime();
    Await.until(
        "b stops serving its copy",
        DEADLINE,
        () -> {
          long asked = System.nanoTime();
          boolean served = "old".equals(b.get("k", key -> "new"));
          assertThat(served && asked - told > BOUND.toNanos()).as("later than the bound").isFalse();
          return !served;
        });
    network.heal();
    Await.until("subscribed again", DEADLINE, cachesB::subscribed);
    Await.until("Redis answers b again", DEADLINE, () -> cachesB.unsentInvalidations() == 0);
  }

  @Test
  void aCallerDoesNotJoinALoadThatIsOlderThanItsBoundAndWasNotHeardAbout() throws Exception {
    Cache<String, String> b = cache(cachesB, OnRedisDown.LOAD);
    Cache<String, String> a = cache(cachesA, OnRedisDown.LOAD);
    try (SlowLoad slow = SlowLoad.of(b, "k", "old")) {
      network.blackHole();
      a.invalidate("k"); // commits "new" just before, and b can't hear of it
      long told = System.nanoTime();
      Await.until(
          "the bound has passed",
          DEADLINE,
          () -> System.nanoTime() - told > BOUND.multipliedBy(2).toNanos());
      assertThat(b.get("k", key -> "new")).isEqualTo("new");
      assertThat(slow.finish()).as("its own caller keeps its snapshot").isEqualTo("old");
    }
  }

  @Test
  void serveLocalAnswersFromTheCopyWhileRedisIsDown() {
    // A beat that is late for three bounds would make a new subscription, which ends the copy.
    Cache<String, String> b = cache(cachesB, OnRedisDown.SERVE_LOCAL, Duration.ofSeconds(2));
    b.put("k", "copy");
    NodesContract.holdLocally(b, "k", "copy");
    network.blackHole();
    Await.until(
        "the bound has passed",
        DEADLINE,
        () -> b.stats().redisFailures() > 0 || !"copy".equals(b.get("k", key -> "loaded")));

    assertThat(b.get("k", key -> "loaded")).isEqualTo("copy");
    assertThat(b.get("unknown", key -> "loaded")).isEqualTo("loaded");
  }

  @Test
  void failThrowsWhatOnlyRedisCouldAnswer() {
    Cache<String, String> b = cache(cachesB, OnRedisDown.FAIL);
    b.put("k", "copy");
    network.blackHole();

    assertThatThrownBy(() -> b.get("unknown", key -> "loaded"))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessage("key 'unknown' of cache 'names' was not loaded");
    Await.until(
        "the copy is not vouched for any more",
        DEADLINE,
        () -> {
          try {
            b.get("k", key -> "loaded");
            return false;
          } catch (RedisUnavailable e) {
            return true;
          }
        });
    assertThat(b.stats().loads()).isZero();
  }

  @Test
  void aVerifiedReadSeesWhatTheSubscriptionHasNotTold() {
    // The copy is to count however late the beats are.
    Cache<String, String> a = cache(cachesA, OnRedisDown.LOAD, Duration.ofMinutes(1));
    a.put("k", "old");
    NodesContract.holdLocally(a, "k", "old");
    clientB.del(CacheIT.redisKeyOf("test", "names", "k")); // as if a message were under way

    assertThat(a.get("k", key -> "new", ReadPolicy.LOCAL)).isEqualTo("old");
    assertThat(a.get("k", key -> "new", ReadPolicy.VERIFY)).isEqualTo("new");
    assertThat(a.get("k", key -> "newer", ReadPolicy.VERIFY)).as("right").isEqualTo("new");
    assertThat(a.get("k", key -> "newer")).isEqualTo("new");
  }

  @Test
  void aVerifiedReadWithoutRedisLoads() {
    Cache<String, String> b = cache(cachesB, OnRedisDown.SERVE_LOCAL);
    b.put("k", "copy");
    network.blackHole();
    assertThat(b.get("k", key -> "loaded", ReadPolicy.VERIFY)).isEqualTo("loaded");
  }

  @Test
  void tellsItsHealth() {
    Cache<String, String> b = cache(cachesB, OnRedisDown.LOAD);
    Await.until("healthy", DEADLINE, () -> cachesB.health().healthy());
    Await.until("a beat", DEADLINE, () -> cachesB.health().heartbeatAge().compareTo(BOUND) < 0);

    network.blackHole();
    b.invalidate("k");
    // A round trip that the keeper cuts at its deadline is no evidence of silence: the next one is.
    Await.until("taken for down", DEADLINE, () -> !cachesB.health().redisAvailable());
    CacheHealth ill = cachesB.health();
    assertThat(ill.healthy()).isFalse();
    assertThat(ill.redisAvailable()).isFalse();
    assertThat(ill.unsentInvalidations()).isEqualTo(1);
    network.heal();
    Await.until("healthy again", DEADLINE, () -> cachesB.health().healthy());
  }

  @Test
  void aSilentSubscriptionIsMadeAnew() {
    Cache<String, String> b = cache(cachesB, OnRedisDown.LOAD);
    b.put("k", "v");
    network.blackHole(); // no connection is closed: only the missing answers tell
    Await.until("the loss is seen", DEADLINE, () -> !cachesB.subscribed());
    network.heal();
    Await.until("subscribed again", DEADLINE, cachesB::subscribed);
    Await.until("read again", DEADLINE, () -> "v".equals(b.getIfPresent("k")));
  }

  @Test
  void aCopyThatIsStillRightIsRevalidatedWithoutItsValue() {
    Cache<String, String> a = cache(cachesA, OnRedisDown.LOAD);
    String large = "x".repeat(1_000_000);
    a.put("k", large);
    NodesContract.holdLocally(a, "k", large);

    long sentBefore = bytesSentByServer();
    long l2Before = a.stats().l2Hits();
    clientCommand("KILL"); // on the new subscription all copies end
    Await.until(
        "revalidated",
        DEADLINE,
        () -> {
          assertThat(a.get("k", key -> "loaded " + loads.incrementAndGet())).isSameAs(large);
          return a.stats().l2Hits() > l2Before;
        });
    assertThat(bytesSentByServer() - sentBefore).isLessThan(100_000);
    assertThat(loads).hasValue(0);
  }

  private long bytesSentByServer() {
    return clientA
        .info("stats")
        .lines()
        .filter(line -> line.startsWith("total_net_output_bytes:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).trim()))
        .findFirst()
        .orElseThrow();
  }

  private void clientCommand(String name) {
    Object unused =
        clientA.executeCommand(
            new CommandArguments(Protocol.Command.CLIENT).add(name).add("TYPE").add("pubsub"));
  }
}
