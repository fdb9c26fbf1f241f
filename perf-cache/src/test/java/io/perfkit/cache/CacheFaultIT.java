package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;

/** The rows of docs/operations/failure-modes.md for the cache. */
final class CacheFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofMinutes(5))
          .l2Ttl(Duration.ofMinutes(5))
          .maxStaleness(Duration.ofSeconds(8)) // or slow calls of a test would outlast its copies
          .build();

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient clientA = client();
  private final RedisClient clientB = client();
  private final Caches cachesA = caches(clientA);
  private final Caches cachesB = caches(clientB);
  private final Cache<String, String> a =
      cachesA.cache("names", String.class, Codec.string(), CONFIG);
  private final Cache<String, String> b =
      cachesB.cache("names", String.class, Codec.string(), CONFIG);

  private RedisClient client() {
    return RedisClient.create(server.address().getHost(), server.address().getPort());
  }

  private static Caches caches(RedisClient client) {
    return Caches.builder(client, "test")
        .guard(
            GuardConfig.defaults()
                .withBudget(Duration.ofSeconds(2))
                .withProbeEvery(Duration.ofMillis(100)))
        .build();
  }

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
    server.close();
  }

  /** A copy that no message ends any more that was published before. */
  private void holdOnB(String key, String value) {
    NodesContract.hearAll(cachesB);
    NodesContract.holdLocally(b, key, value);
  }

  @Test
  void noReadFailsWhileRedisIsKilledUnderLoadAndL2ComesBack() throws Exception { // I4
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong reads = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> readers = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Cache<String, String> node = t % 2 == 0 ? a : b;
        int seed = t;
        readers.add(
            threads.submit(
                () -> {
                  for (int i = seed; !stop.get(); i += 7) {
                    String key = "key-" + i % 5_000;
                    assertThat(node.get(key, k -> "value of " + k)).isEqualTo("value of " + key);
                    if (i % 50 == 0) {
                      node.invalidate(key);
                    }
                    reads.incrementAndGet();
                  }
                }));
      }
      readOn(reads);
      server.kill();
      readOn(reads);
      Await.until("the subscription is lost", DEADLINE, () -> !cachesA.subscribed());
      readOn(reads);
      server.restart();
      long l2Before = a.stats().l2Hits();
      Await.until("Redis serves again", DEADLINE, () -> a.stats().l2Hits() > l2Before);
      Await.until("others are heard again", DEADLINE, cachesA::subscribed);
      Await.until(
          "what waited was sent",
          DEADLINE,
          () -> cachesA.unsentInvalidations() + cachesB.unsentInvalidations() == 0);
      stop.set(true);
      for (Future<?> reader : readers) {
        reader.get(10, SECONDS);
      }
    } finally {
      stop.set(true);
      threads.shutdownNow();
    }
  }

  private static void readOn(AtomicLong reads) {
    long goal = reads.get() + 2_000;
    Await.until("2,000 reads more", DEADLINE, () -> reads.get() >= goal);
  }

  @Test
  void aFrozenRedisServesLocalCopiesAndLoadsTheRest() {
    a.put("kept", "copy");
    NodesContract.holdLocally(a, "kept", "copy");
    server.freeze();

    assertThat(a.get("kept", key -> "loaded")).isEqualTo("copy");
    assertThat(a.get("new", key -> "loaded")).isEqualTo("loaded");
    assertThat(a.get("new", key -> "again")).as("kept locally").isEqualTo("loaded");
    assertThat(a.getIfPresent("unknown")).isNull();
    assertThat(a.stats().redisFailures()).isPositive();
    server.thaw();
  }

  @Test
  void anInvalidationWhileRedisIsFrozenReachesRedisAndTheOtherNodeLater() {
    a.put("k", "old");
    holdOnB("k", "old");
    server.freeze();

    a.invalidate("k");
    assertThat(a.getIfPresent("k")).as("at once on this node").isNull();
    assertThat(cachesA.unsentInvalidations()).isEqualTo(1);
    assertThat(a.get("k", key -> "new")).isEqualTo("new");
    assertThat(b.get("k", key -> "new")).as("the other node can't know yet").isEqualTo("old");

    server.thaw();
    Await.until("sent", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
    Await.until("heard", DEADLINE, () -> "new".equals(b.get("k", key -> "new")));
  }

  @Test
  void aNodeDoesNotReadFromRedisWhatRedisWasNotToldToDrop() {
    a.put("k", "old");
    a.put("warm", "w");
    server.freeze();
    a.invalidate("k");
    a.invalidate("k2");
    assertThat(cachesA.unsentInvalidations()).isEqualTo(2);
    server.thaw();
    // Between the thaw and the retry Redis still holds "old"; whichever comes first, it is not
    // read.
    assertThat(a.getIfPresent("k")).isNull();
    assertThat(a.get("k", key -> "new")).isEqualTo("new");
  }

  @Test
  void aPutWhileRedisIsDownServesHereAndInvalidatesElsewhereLater() {
    a.put("k", "old");
    holdOnB("k", "old");
    server.freeze();
    a.put("k", "new");
    assertThat(a.getIfPresent("k")).isEqualTo("new");

    server.thaw();
    Await.until("heard", DEADLINE, () -> "loaded".equals(b.get("k", key -> "loaded")));
  }

  @Test
  void moreInvalidationsThanCanBeKeptBecomeAClearOfTheCache() { // L4
    a.put("kept", "old");
    holdOnB("kept", "old");
    server.freeze();
    for (int i = 0; i <= UnsentInvalidations.MAX_KEYS; i++) {
      a.invalidate("key-" + i);
    }
    assertThat(cachesA.unsentInvalidations()).as("one clear").isEqualTo(1);

    server.thaw();
    Await.until("sent", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
    Await.until("ended elsewhere", DEADLINE, () -> "new".equals(b.get("kept", key -> "new")));
  }

  @Test
  void aTagAndAClearWhileRedisIsFrozenReachRedisAndTheOtherNodeLater() {
    a.putEntry("k", Entry.of("old").withTags("t"));
    holdOnB("k", "old");
    server.freeze();
    a.invalidateTag("t");
    assertThat(a.get("k", key -> "new")).isEqualTo("new");
    server.thaw();
    Await.until("sent", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
    Await.until("heard", DEADLINE, () -> "new".equals(b.get("k", key -> "new")));

    holdOnB("k", "new");
    server.freeze();
    Await.until("frozen is seen", DEADLINE, () -> a.getIfPresent("unknown") == null);
    a.clear();
    assertThat(a.get("k", key -> "newer")).isEqualTo("newer");
    server.thaw();
    Await.until("sent", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
    Await.until("heard", DEADLINE, () -> "newer".equals(b.get("k", key -> "newer")));
  }

  @Test
  void whatChangedWhileTheSubscriptionWasLostIsNotServedAfterIt() { // C1
    a.put("k", "old");
    holdOnB("k", "old");
    long heardBefore = connectionsOfSubscribers();
    assertThat(heardBefore).isEqualTo(2);

    // As if b had missed the message: the entry changes while no subscriber is there.
    clientCommand("KILL");
    clientA.del(CacheIT.redisKeyOf("test", "names", "k"));

    Await.until("copies ended", DEADLINE, () -> "new".equals(b.get("k", key -> "new")));
    Await.until("subscribed again", DEADLINE, () -> connectionsOfSubscribers() == 2);
    a.invalidate("k");
    Await.until("heard again", DEADLINE, () -> b.getIfPresent("k") == null);
  }

  private long connectionsOfSubscribers() {
    return new String((byte[]) clientCommand("LIST"), UTF_8).lines().count();
  }

  private Object clientCommand(String name) {
    return clientA.executeCommand(
        new CommandArguments(Protocol.Command.CLIENT).add(name).add("TYPE").add("pubsub"));
  }

  @Test
  void aFillThatLostItsLeaseStoresNothing() { // RedisLevel L1
    String value =
        a.get(
            "k",
            key -> {
              clientB.del(CacheIT.leaseKeyOf("test", "names", "k"));
              return "late";
            });
    assertThat(value).isEqualTo("late");
    assertThat(clientB.exists(CacheIT.redisKeyOf("test", "names", "k"))).isFalse();
    assertThat(a.getIfPresent("k")).isNull();
  }

  @Test
  void foreignMessagesAreIgnored() {
    a.put("k", "v");
    clientB.publish("test:v1:invalidations", "");
    clientB.publish("test:v1:invalidations", "short");
    clientB.publish("test:v1:invalidations", "a message of another program, longer than ours");
    b.put("barrier", "v");
    Await.until("still heard", DEADLINE, () -> "v".equals(a.getIfPresent("barrier")));
    b.put("barrier", "w");
    Await.until("heard", DEADLINE, () -> "w".equals(a.getIfPresent("barrier")));
    assertThat(a.get("k", key -> "gone")).isEqualTo("v");
  }

  @Test
  void closeLeavesNoThreadOnALivingAndOnAFrozenRedis() {
    cachesA.close();
    cachesB.close();
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          try (RedisClient client = client();
              Caches caches = caches(client)) {
            Await.until("subscribed", DEADLINE, caches::subscribed);
            caches.cache("c", String.class, Codec.string(), CONFIG).put("k", "v");
          }
        });
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          try (RedisClient client = client()) {
            Caches caches = caches(client);
            Await.until("subscribed", DEADLINE, caches::subscribed);
            caches.cache("c", String.class, Codec.string(), CONFIG).put("k", "v");
            server.freeze();
            caches.close();
            server.thaw();
          }
        });
  }

  @Test
  void aClosedCacheSaysSo() {
    cachesA.close();
    assertThatThrownBy(() -> a.get("k", key -> "v"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed");
  }
}
