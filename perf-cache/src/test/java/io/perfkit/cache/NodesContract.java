package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** What two nodes on one Redis promise each other, on every kind of server. */
abstract class NodesContract {
  static final Duration DEADLINE = Duration.ofSeconds(30);

  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofMinutes(5))
          .l2Ttl(Duration.ofMinutes(5))
          .maxStaleness(Duration.ofSeconds(10)) // a slow beat is not what is tested here
          .lease(Duration.ofMinutes(1)) // longer than any wait of a test
          .build();

  private final String prefix = "test:" + UUID.randomUUID();
  private Caches cachesA;
  private Caches cachesB;
  private Cache<String, String> a;
  private Cache<String, String> b;

  /** A client of its own for each node. */
  abstract UnifiedJedis newClient();

  @BeforeEach
  void startTwoNodes() {
    cachesA = patient(newClient(), prefix);
    cachesB = patient(newClient(), prefix);
    a = cachesA.cache("names", String.class, Codec.string(), CONFIG);
    b = cachesB.cache("names", String.class, Codec.string(), CONFIG);
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  /** What is tested here is not what happens when a busy machine is slow. */
  static Caches patient(UnifiedJedis client, String prefix) {
    return Caches.builder(client, prefix)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  /**
   * Waits until each of these has heard all that was published before the call. Only nodes that
   * have a cache or a structure get to know that; and not on a Cluster, where messages of other
   * masters may be under way.
   */
  static void hearAll(Caches... nodes) {
    long asked = System.nanoTime();
    for (Caches node : nodes) {
      Await.until(
          "all was heard",
          DEADLINE,
          () -> {
            long now = System.nanoTime(); // first, or a pause would make the age look younger
            return node.health().heartbeatAge().toNanos() < now - asked;
          });
    }
  }

  /** Waits for a copy that stays: the message of a put may end the first one. */
  static void holdLocally(Cache<String, String> node, String key, String value) {
    Await.until(
        "a local copy of " + key,
        DEADLINE,
        () -> {
          long hits = node.stats().l1Hits();
          return value.equals(node.getIfPresent(key)) && node.stats().l1Hits() > hits;
        });
  }

  @AfterEach
  void stopTwoNodes() {
    cachesA.close();
    cachesB.close();
  }

  @Test
  void aValueInvalidatedOnOneNodeIsGoneFromTheOther() {
    for (int i = 0; i < 50; i++) {
      String key = "key-" + i;
      assertThat(a.get(key, k -> "old")).isEqualTo("old");
      assertThat(b.get(key, k -> "other")).as("read from Redis").isEqualTo("old");

      a.invalidate(key);

      assertThat(a.getIfPresent(key)).isNull();
      Await.until("gone from the other node", DEADLINE, () -> b.getIfPresent(key) == null);
      assertThat(b.get(key, k -> "new")).isEqualTo("new");
    }
  }

  @Test
  void aValuePutOnOneNodeReplacesTheOthersCopy() {
    a.put("k", "one");
    assertThat(b.getIfPresent("k")).isEqualTo("one");
    a.put("k", "two");
    Await.until(
        "the other node reads the new one", DEADLINE, () -> "two".equals(b.getIfPresent("k")));
    assertThat(a.getIfPresent("k")).isEqualTo("two");
    assertThat(a.stats().l1Hits()).as("a kept its own copy").isEqualTo(1);
  }

  @Test
  void aLoadThatBeganBeforeAnInvalidationElsewhereIsKeptNowhere() throws Exception { // I1
    try (SlowLoad slow = SlowLoad.of(a, "k", "old")) {
      b.invalidate("k"); // commits "new" just before

      assertThat(slow.finish()).as("its own caller keeps its snapshot").isEqualTo("old");
      assertThat(a.getIfPresent("k")).isNull();
      assertThat(b.getIfPresent("k")).isNull();
      assertThat(a.get("k", key -> "new")).isEqualTo("new");
      assertThat(b.getIfPresent("k")).isEqualTo("new");
    }
  }

  @Test
  void aCallerAfterAnInvalidationDoesNotJoinAnOlderLoad() throws Exception { // I1, I2
    try (SlowLoad slow = SlowLoad.of(a, "k", "old")) {
      a.invalidate("k");

      assertThat(a.get("k", key -> "new")).isEqualTo("new");
      assertThat(slow.finish()).isEqualTo("old");
      assertThat(a.getIfPresent("k")).isEqualTo("new");
      assertThat(b.getIfPresent("k")).isEqualTo("new");
    }
  }

  @Test
  void aPutEndsALoadThatIsUnderWay() throws Exception { // I1
    try (SlowLoad slow = SlowLoad.of(a, "k", "old")) {
      b.put("k", "put");

      assertThat(slow.finish()).isEqualTo("old");
      assertThat(a.getIfPresent("k")).isEqualTo("put");
    }
  }

  @Test
  void theOtherNodeWaitsForTheLoadAndIsTold() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (SlowLoad slow = SlowLoad.of(a, "k", "first")) {
      Future<String> second = thread.submit(() -> b.get("k", key -> "second"));
      Await.until("the other node waits", DEADLINE, () -> b.stats().leaseWaits() == 1);

      assertThat(slow.finish()).isEqualTo("first");
      assertThat(second.get(30, SECONDS)).as("long before the lease ends").isEqualTo("first");
      assertThat(b.stats().leaseWaitNanos()).isPositive();
      assertThat(b.stats().loads()).isZero();
      assertThat(b.waiting()).isZero();
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void theOtherNodeLoadsAtOnceWhenTheLoadFails() throws Exception {
    IllegalStateException failure = new IllegalStateException("database is down");
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (SlowLoad slow =
        SlowLoad.of(
            load -> a.get("k", key -> load.get()),
            () -> {
              throw failure;
            })) {
      Future<String> second = thread.submit(() -> b.get("k", key -> "second"));
      Await.until("the other node waits", DEADLINE, () -> b.waiting() == 1);

      assertThatThrownBy(slow::finish).isSameAs(failure);
      assertThat(second.get(30, SECONDS)).isEqualTo("second");
      assertThat(a.get("k", key -> "third")).as("and fills Redis").isEqualTo("second");
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void aNodeThatDiesWhileItLoadsHoldsTheOthersUpForOneLease() {
    CacheConfig shortLease =
        CacheConfig.builder().lease(Duration.ofMillis(300)).l1Ttl(Duration.ofMinutes(1)).build();
    Cache<String, String> dying = cachesA.cache("leased", String.class, Codec.string(), shortLease);
    Cache<String, String> other = cachesB.cache("leased", String.class, Codec.string(), CONFIG);
    String value =
        dying.get(
            "k",
            key -> { // as good as dead: it does not come back before the other is done
              assertThat(other.get(key, k -> "the other's")).isEqualTo("the other's");
              return "late";
            });

    assertThat(value).isEqualTo("late");
    assertThat(other.getIfPresent("k")).isEqualTo("the other's");
    assertThat(dying.getIfPresent("k")).as("the late fill was refused").isEqualTo("the other's");
  }

  @Test
  void aThousandThreadsOnThreeNodesLoadAColdKeyOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(1_000);
    try (Caches cachesC = patient(newClient(), prefix)) {
      Cache<String, String> c = cachesC.cache("names", String.class, Codec.string(), CONFIG);
      Await.until("subscribed", DEADLINE, cachesC::subscribed);
      List<Cache<String, String>> nodes = List.of(a, b, c);
      AtomicInteger loads = new AtomicInteger();
      CountDownLatch start = new CountDownLatch(1);
      List<Future<String>> values = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        Cache<String, String> node = nodes.get(i % 3);
        values.add(
            threads.submit(
                () -> {
                  start.await();
                  return node.get(
                      "cold",
                      key -> {
                        Await.until("others wait", DEADLINE, () -> waitingOn(nodes) == 2);
                        return "load " + loads.incrementAndGet();
                      });
                }));
      }
      start.countDown();
      for (Future<String> value : values) {
        assertThat(value.get(50, SECONDS)).isEqualTo("load 1");
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static int waitingOn(List<Cache<String, String>> nodes) {
    return nodes.stream().mapToInt(Cache::waiting).sum();
  }

  @Test
  void aTagAndAClearOfOneNodeEndTheOthersCopies() {
    for (int i = 0; i < 20; i++) { // on a Cluster they lie on all masters
      String key = "key-" + i;
      a.getEntry(key, k -> Entry.of("old").withTags("t"));
      assertThat(b.getIfPresent(key)).isEqualTo("old");
    }
    a.put("untagged", "old");
    assertThat(b.getIfPresent("untagged")).isEqualTo("old");

    a.invalidateTag("t");
    for (int i = 0; i < 20; i++) {
      String key = "key-" + i;
      assertThat(a.getIfPresent(key)).isNull();
      Await.until("gone from the other node", DEADLINE, () -> b.getIfPresent(key) == null);
    }
    assertThat(b.getIfPresent("untagged")).isEqualTo("old");

    b.clear();
    assertThat(b.getIfPresent("untagged")).isNull();
    Await.until("gone from the other node", DEADLINE, () -> a.getIfPresent("untagged") == null);
  }

  @Test
  void manyKeysAreFoundAndLoadedTogether() {
    List<String> keys = IntStream.range(0, 100).mapToObj(i -> "key-" + i).toList();
    Map<String, String> loaded =
        a.getAll(keys, missing -> missing.stream().collect(Collectors.toMap(k -> k, k -> k + "!")));

    assertThat(loaded).hasSize(100).containsEntry("key-7", "key-7!");
    assertThat(
            b.getAll(
                keys,
                missing -> {
                  throw new AssertionError("loaded again: " + missing);
                }))
        .isEqualTo(loaded);
    b.invalidateAll(keys);
    Await.until(
        "gone from the other node",
        DEADLINE,
        () -> keys.stream().allMatch(key -> a.getIfPresent(key) == null));
  }

  @Test
  void cachesOfOnePrefixDoNotMix() {
    Cache<String, String> others =
        cachesA.cache("others", String.class, Codec.string(), CacheConfig.defaults());
    a.put("k", "name");
    others.put("k", "other");
    others.invalidate("k");

    assertThat(a.getIfPresent("k")).isEqualTo("name");
    assertThat(b.getIfPresent("k")).isEqualTo("name");
    assertThat(others.getIfPresent("k")).isNull();
  }
}
