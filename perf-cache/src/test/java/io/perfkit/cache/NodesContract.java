package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** What two nodes on one Redis promise each other, on every kind of server. */
abstract class NodesContract {
  static final Duration DEADLINE = Duration.ofSeconds(10);

  private static final CacheConfig CONFIG =
      CacheConfig.builder().l1Ttl(Duration.ofMinutes(5)).l2Ttl(Duration.ofMinutes(5)).build();

  private final String prefix = "test:" + UUID.randomUUID();
  private Caches cachesA;
  private Caches cachesB;
  private Cache<String, String> a;
  private Cache<String, String> b;

  /** A client of its own for each node. */
  abstract UnifiedJedis newClient();

  @BeforeEach
  void startTwoNodes() {
    cachesA = Caches.of(newClient(), prefix);
    cachesB = Caches.of(newClient(), prefix);
    a = cachesA.cache("names", String.class, Codec.string(), CONFIG);
    b = cachesB.cache("names", String.class, Codec.string(), CONFIG);
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
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
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch loading = new CountDownLatch(1);
      CountDownLatch finish = new CountDownLatch(1);
      Future<String> slow =
          threads.submit(
              () ->
                  a.get(
                      "k",
                      key -> {
                        loading.countDown();
                        await(finish);
                        return "old";
                      }));
      assertThat(loading.await(10, SECONDS)).isTrue();
      b.invalidate("k"); // commits "new" just before
      finish.countDown();

      assertThat(slow.get(10, SECONDS)).as("its own caller keeps its snapshot").isEqualTo("old");
      assertThat(a.getIfPresent("k")).isNull();
      assertThat(b.getIfPresent("k")).isNull();
      assertThat(a.get("k", key -> "new")).isEqualTo("new");
      assertThat(b.getIfPresent("k")).isEqualTo("new");
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aCallerAfterAnInvalidationDoesNotJoinAnOlderLoad() throws Exception { // I1, I2
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch loading = new CountDownLatch(1);
      CountDownLatch finish = new CountDownLatch(1);
      Future<String> slow =
          threads.submit(
              () ->
                  a.get(
                      "k",
                      key -> {
                        loading.countDown();
                        await(finish);
                        return "old";
                      }));
      assertThat(loading.await(10, SECONDS)).isTrue();
      a.invalidate("k");

      assertThat(a.get("k", key -> "new")).isEqualTo("new");
      finish.countDown();
      assertThat(slow.get(10, SECONDS)).isEqualTo("old");
      assertThat(a.getIfPresent("k")).isEqualTo("new");
      assertThat(b.getIfPresent("k")).isEqualTo("new");
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aPutEndsALoadThatIsUnderWay() throws Exception { // I1
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch loading = new CountDownLatch(1);
      CountDownLatch finish = new CountDownLatch(1);
      Future<String> slow =
          threads.submit(
              () ->
                  a.get(
                      "k",
                      key -> {
                        loading.countDown();
                        await(finish);
                        return "old";
                      }));
      assertThat(loading.await(10, SECONDS)).isTrue();
      b.put("k", "put");
      finish.countDown();

      assertThat(slow.get(10, SECONDS)).isEqualTo("old");
      assertThat(a.getIfPresent("k")).isEqualTo("put");
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aSecondNodeLoadsWhileTheFirstHoldsTheLeaseAndStoresNothingInRedis() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch loading = new CountDownLatch(1);
      CountDownLatch finish = new CountDownLatch(1);
      Future<String> first =
          threads.submit(
              () ->
                  a.get(
                      "k",
                      key -> {
                        loading.countDown();
                        await(finish);
                        return "first";
                      }));
      assertThat(loading.await(10, SECONDS)).isTrue();

      assertThat(b.get("k", key -> "second")).as("served, not blocked").isEqualTo("second");
      finish.countDown();
      assertThat(first.get(10, SECONDS)).isEqualTo("first");
      Cache<String, String> c = cachesB.cache("c", String.class, Codec.string(), CONFIG);
      assertThat(c.getIfPresent("k")).as("another cache, another entry").isNull();
    } finally {
      threads.shutdownNow();
    }
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

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
