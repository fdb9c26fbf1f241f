package io.perfkit.cache.behind;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.CacheWriter;
import io.perfkit.cache.Caches;
import io.perfkit.cache.Copies;
import io.perfkit.cache.ReadThrough;
import io.perfkit.cache.Write;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.Pace;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** Writing behind a cache before a database that is a map, and that may throw, hang or be slow. */
@RealRedis
final class WriteBehindIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final Map<String, Integer> database = new ConcurrentHashMap<>();
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final Queue<Write<String, Integer>> unwritten = new ConcurrentLinkedQueue<>();
  private final List<Throwable> reasons = new CopyOnWriteArrayList<>();
  private final TestRedis server;
  private final Caches caches;
  private final ReadThrough<String, Integer> reads;

  WriteBehindIT(TestRedis server) {
    this.server = server;
    caches = patient(server.newClient(), server.prefix() + UUID.randomUUID());
    Cache<String, Integer> cache =
        caches.cache("counts", String.class, Codec.json(Integer.class), CacheConfig.defaults());
    reads = ReadThrough.of(cache, database::get);
  }

  private static Caches patient(UnifiedJedis client, String prefix) {
    return Caches.builder(client, prefix)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void close() {
    caches.close();
  }

  private static WriteBehindConfig.Builder quick() {
    return WriteBehindConfig.builder()
        .delay(Duration.ofMillis(20))
        .backoff(Duration.ofMillis(1), Duration.ofMillis(10))
        .maxAttempts(3);
  }

  private WriteBehind<String, Integer> behind(
      CacheWriter<String, Integer> writer, WriteBehindConfig config) {
    return WriteBehind.builder(
            caches,
            reads,
            writer,
            (write, reason) -> {
              unwritten.add(write);
              reasons.add(reason);
            })
        .config(config)
        .build();
  }

  private void save(List<Write<String, Integer>> writes) {
    batches.add(writes.size());
    for (Write<String, Integer> write : writes) {
      if (write.isRemoval()) {
        database.remove(write.key());
      } else {
        database.put(write.key(), write.value());
      }
    }
  }

  private static void awaitWritten(WriteBehind<?, ?> behind) {
    Await.until("all is written", DEADLINE, () -> behind.stats().waiting() == 0);
  }

  @Test
  void writesInBatchesAndThisNodeReadsWhatWaits() throws Exception {
    CountDownLatch mayWrite = new CountDownLatch(1);
    WriteBehind<String, Integer> counts =
        behind(
            writes -> {
              awaitQuietly(mayWrite);
              save(writes);
            },
            quick().build());
    database.put("gone", 1);
    database.put("other", 7);
    assertThat(reads.get("k1")).isNull();
    for (int i = 0; i < 50; i++) {
      counts.put("k" + i, i);
    }
    counts.put("k1", 100);
    counts.remove("gone");

    assertThat(counts.get("k1")).isEqualTo(100);
    assertThat(counts.get("gone")).isNull();
    assertThat(counts.getAll(List.of("k2", "other", "gone", "nobody", "k1")).toString())
        .isEqualTo("{k2=2, other=7, k1=100}");
    mayWrite.countDown();
    awaitWritten(counts);

    assertThat(database).hasSize(51).containsEntry("k1", 100).doesNotContainKey("gone");
    assertThat(batches).hasSizeLessThan(10);
    assertThat(counts.get("k1")).isEqualTo(100);
    assertThat(reads.get("k1")).as("and the cache itself").isEqualTo(100);
    assertThat(counts.stats().accepted()).isEqualTo(52);
  }

  @Test
  void aWriteThatAlwaysFailsIsHandedOverAndHoldsNoOtherUp() {
    IllegalStateException poison = new IllegalStateException("poison");
    WriteBehind<String, Integer> counts =
        behind(
            writes -> {
              if (writes.stream().anyMatch(write -> write.key().equals("bad"))) {
                throw poison;
              }
              save(writes);
            },
            quick().build());
    for (int i = 0; i < 20; i++) {
      counts.put("k" + i, i);
    }
    counts.put("bad", 1);
    awaitWritten(counts);
    Await.until("it is handed over", DEADLINE, () -> !reasons.isEmpty()); // after it is counted

    assertThat(database).hasSize(20);
    assertThat(unwritten).containsExactly(Write.put("bad", 1));
    assertThat(reasons).containsExactly(poison);
    assertThat(counts.get("bad")).as("as the database says").isNull();
  }

  @Test
  void aFullBufferMakesCallersWriteInTheOrderOfTheKey() throws Exception { // WriteBuffer B1, B3
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayWrite = new CountDownLatch(1);
    List<Integer> ofK = new CopyOnWriteArrayList<>();
    WriteBehind<String, Integer> counts =
        behind(
            writes -> {
              if (Thread.currentThread().getName().startsWith("perf-cache-write-behind")) {
                begun.countDown();
                awaitQuietly(mayWrite);
              }
              writes.stream()
                  .filter(write -> write.key().equals("k"))
                  .forEach(write -> ofK.add(write.value()));
              save(writes);
            },
            quick().maxEntries(1).maxBatch(1).build());
    ExecutorService caller = Executors.newSingleThreadExecutor();
    try {
      counts.put("k", 1);
      assertThat(begun.await(10, SECONDS)).isTrue();
      counts.put("other", 5); // no room: written here, at once
      assertThat(database).containsOnly(Map.entry("other", 5));
      Future<?> second = caller.submit(() -> counts.put("k", 2)); // no room, and not its turn
      assertThat(second.isDone()).isFalse();
      mayWrite.countDown();
      second.get(10, SECONDS);
      awaitWritten(counts);
    } finally {
      caller.shutdownNow();
    }
    assertThat(ofK).containsExactly(1, 2);
    assertThat(database).containsEntry("k", 2);
    assertThat(counts.stats().overflowed()).isGreaterThanOrEqualTo(1);
  }

  @Test
  void aCallerThatWritesItselfGetsTheWritersException() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayWrite = new CountDownLatch(1);
    IllegalStateException failure = new IllegalStateException("down");
    WriteBehind<String, Integer> counts =
        behind(
            writes -> {
              if (!Thread.currentThread().getName().startsWith("perf-cache-write-behind")) {
                throw failure;
              }
              begun.countDown();
              awaitQuietly(mayWrite);
            },
            quick().maxEntries(1).maxBatch(1).build());
    counts.put("k", 1);
    assertThat(begun.await(10, SECONDS)).isTrue();
    assertThatThrownBy(() -> counts.put("other", 2)).isSameAs(failure);
    assertThat(counts.stats().accepted()).as("the other one was not").isEqualTo(1);

    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> counts.put("k", 3))
        .isInstanceOf(WriteUnfinished.class)
        .hasMessageStartingWith("interrupted before it was written: put k, WriteBehind[counts, ");
    assertThat(Thread.interrupted()).isTrue();
    mayWrite.countDown();
    awaitWritten(counts);
    assertThat(unwritten).isEmpty();
  }

  @Test
  void closeWritesWhatWaits() {
    WriteBehind<String, Integer> counts =
        behind(this::save, quick().delay(Duration.ofMinutes(1)).build());
    for (int i = 0; i < 250; i++) {
      counts.put("k" + i, i);
    }
    counts.close();
    assertThat(database).hasSize(250);
    assertThat(unwritten).isEmpty();
    assertThatThrownBy(() -> counts.put("k", 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed");
    assertThat(counts.get("k1")).as("reads go on").isEqualTo(1);
    assertThat(counts.close(DEADLINE)).isEmpty();
  }

  @Test
  void closeHandsBackWhatAHangingWriterLeaves() {
    CountDownLatch never = new CountDownLatch(1);
    ThreadLeaks.assertNone(
        "perf-cache-write-behind",
        () -> {
          WriteBehind<String, Integer> counts =
              behind(writes -> awaitQuietly(never), quick().maxBatch(1).build());
          counts.put("a", 1);
          Await.until("it hangs", DEADLINE, () -> counts.stats().waiting() == 1);
          counts.put("b", 2);
          List<Write<String, Integer>> left = counts.close(Duration.ofMillis(50));
          assertThat(left).containsExactlyInAnyOrder(Write.put("a", 1), Write.put("b", 2));
          assertThat(counts.stats().returned()).isEqualTo(2);
        });
  }

  @Test
  void closingTheCachesWritesOrReportsWhatWaits() {
    WriteBehind<String, Integer> counts =
        behind(
            writes -> {
              throw new IllegalStateException("down");
            },
            quick()
                .maxAttempts(1_000)
                .backoff(Duration.ofMinutes(1), Duration.ofMinutes(1))
                .closeWithin(Duration.ofMillis(50))
                .build());
    counts.put("k", 1);
    caches.close();
    assertThat(unwritten).containsExactly(Write.put("k", 1));
    assertThat(reasons.get(0))
        .isInstanceOf(WriteUnfinished.class)
        .hasMessageStartingWith("closed before it was written, WriteBehind[counts, ");
  }

  @Test
  void whoGetsCopiesGetsThemOfWhatWaitsToo() {
    CountDownLatch never = new CountDownLatch(1);
    Cache<String, byte[]> copied =
        caches.cache(
            "copied",
            String.class,
            Codec.bytes(),
            CacheConfig.builder().copies(Copies.COPY).build());
    WriteBehind<String, byte[]> bytes =
        WriteBehind.builder(
                caches,
                ReadThrough.of(copied, key -> new byte[] {5}),
                writes -> awaitQuietly(never),
                (write, reason) -> {})
            .config(quick().closeWithin(Duration.ofMillis(10)).build())
            .build();
    byte[] mine = {1};
    bytes.put("k", mine);
    mine[0] = 2;
    bytes.get("k")[0] = 3;
    bytes.getAll(List.of("k")).get("k")[0] = 4;
    assertThat(bytes.get("k")).containsExactly(1);

    bytes.get("other")[0] = 6;
    assertThat(bytes.get("other")).as("a local hit").containsExactly(5);
  }

  @Test
  void aHandlerThatThrowsEndsNothing() {
    WriteBehind<String, Integer> counts =
        WriteBehind.builder(
                caches,
                reads,
                writes -> {
                  if (writes.get(0).value() < 0) {
                    throw new AssertionError("an Error, even");
                  }
                  save(writes);
                },
                (write, reason) -> {
                  throw new IllegalStateException("handler");
                })
            .config(quick().maxBatch(1).build())
            .build();
    counts.put("bad", -1);
    Await.until("given up", DEADLINE, () -> counts.stats().failed() == 1);
    counts.put("good", 1);
    awaitWritten(counts);
    assertThat(database).containsOnly(Map.entry("good", 1));
  }

  @Test
  void refusesASecondWriterAndACacheOfOthers() {
    behind(this::save, quick().build());
    assertThatThrownBy(() -> behind(this::save, quick().build()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("name: the writer of cache 'counts' (expected: one that is not");
    try (Caches others = Caches.create(server.client(), "others")) {
      assertThatThrownBy(() -> WriteBehind.create(others, reads, this::save, (write, why) -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("cache: 'counts' (expected: a cache of Caches[others, ");
    }
  }

  /**
   * Threads write at random through a writer that throws, is slow and at times hangs, and somebody
   * closes in the middle. Every accepted write must be accounted for, and what the database holds
   * of a key must be one of its last writes.
   */
  @Test
  void everyAcceptedWriteIsAccountedFor() throws Exception { // WriteBuffer B2
    long rounds = Math.max(4, 2 * Long.getLong("perf.chaos.seconds", 5));
    long seed = Long.getLong("perf.seed", System.nanoTime());
    for (long round = 0; round < rounds; round++) {
      try (Ledger ledger = new Ledger(seed + round)) {
        ledger.play();
      } catch (AssertionError e) {
        throw new AssertionError("perf.seed " + (seed + round), e);
      }
    }
  }

  /** One round of the above, and what really happened to each write, counted outside. */
  private final class Ledger implements AutoCloseable {
    private static final int KEYS = 30;
    private static final int THREADS = 4;

    private final Random random;
    private final Random faults;
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong committed = new AtomicLong();
    private final Queue<Write<String, Integer>> handed = new ConcurrentLinkedQueue<>();
    private final Map<String, Integer> rows = new ConcurrentHashMap<>();
    private final Map<String, Integer> newest = new ConcurrentHashMap<>();
    private final AtomicInteger failing = new AtomicInteger();
    private final Caches own;
    private final WriteBehind<String, Integer> counts;

    Ledger(long seed) {
      random = new Random(seed);
      faults = new Random(seed + 1);
      own = patient(server.client(), server.prefix() + UUID.randomUUID());
      Cache<String, Integer> cache =
          own.cache("counts", String.class, Codec.json(Integer.class), CacheConfig.defaults());
      counts =
          WriteBehind.builder(
                  own,
                  ReadThrough.of(cache, rows::get),
                  this::write,
                  (write, reason) -> handed.add(write))
              .config(
                  quick()
                      .maxEntries(5 + random.nextInt(20))
                      .maxBatch(1 + random.nextInt(5))
                      .delay(Duration.ofMillis(1 + random.nextInt(10)))
                      .build())
              .build();
    }

    /** Poison is what ends with 7; a hang lasts until it is interrupted. */
    private void write(List<Write<String, Integer>> writes) {
      int fault;
      synchronized (faults) {
        fault = faults.nextInt(100);
      }
      if (fault < 2 && Thread.currentThread().getName().startsWith("perf-cache-write-behind")) {
        Pace.pause(Duration.ofMillis(200));
      } else if (fault < 20) {
        Pace.pause(Duration.ofMillis(2));
      }
      if (fault >= 90 || writes.stream().anyMatch(write -> write.value() % 10 == 7)) {
        failing.incrementAndGet();
        throw new IllegalStateException("a fault");
      }
      for (Write<String, Integer> write : writes) {
        Integer before = rows.put(write.key(), write.value());
        assertThat(before == null || before <= write.value())
            .as("%s after %s", write, before)
            .isTrue();
      }
      committed.addAndGet(writes.size());
    }

    void play() throws Exception {
      ExecutorService threads = Executors.newFixedThreadPool(THREADS);
      List<Future<?>> callers = new ArrayList<>();
      int writesEach = 200 + random.nextInt(300);
      for (int t = 0; t < THREADS; t++) {
        int thread = t;
        Random own = new Random(random.nextLong());
        callers.add(threads.submit(() -> call(thread, writesEach, own)));
      }
      boolean early = random.nextBoolean();
      List<Write<String, Integer>> back = new ArrayList<>();
      if (early) {
        Await.until("the middle", DEADLINE, () -> accepted.get() > writesEach);
        back.addAll(counts.close(Duration.ofMillis(random.nextInt(30))));
      }
      for (Future<?> caller : callers) {
        caller.get(60, SECONDS);
      }
      threads.shutdown();
      back.addAll(counts.close(Duration.ofMillis(early ? 0 : random.nextInt(500))));

      // Counted before it is handed over, by a thread for which close waits only so long.
      Await.until("all is handed over", DEADLINE, () -> counts.stats().failed() <= handed.size());
      WriteBehindStats stats = counts.stats();
      assertThat(stats.accepted()).as("as the callers saw it").isEqualTo(accepted.get());
      assertThat(stats.returned()).isEqualTo(back.size());
      assertThat(stats.failed()).isEqualTo(handed.size());
      assertThat(stats.waiting()).isZero();
      assertThat(stats.accepted())
          .isEqualTo(stats.merged() + stats.written() + stats.failed() + stats.returned());
      assertThat(committed.get())
          .as("what hung may be both")
          .isBetween(stats.written(), stats.written() + stats.returned());
      List<Write<String, Integer>> lost = new ArrayList<>(handed);
      lost.addAll(back);
      newest.forEach(
          (key, value) ->
              assertThat(
                      rows.getOrDefault(key, -1) >= value || lost.contains(Write.put(key, value)))
                  .as("the last write %s of %s", value, key)
                  .isTrue());
    }

    /** Each thread has keys of its own, so that it knows the order of their writes. */
    private void call(int thread, int writes, Random own) {
      for (int i = 1; i <= writes; i++) {
        String key = thread + ":" + own.nextInt(KEYS);
        try {
          counts.put(key, i);
          accepted.incrementAndGet();
          newest.put(key, i);
          Integer read = counts.get(key);
          assertThat(read == null || read <= i).isTrue();
        } catch (IllegalStateException e) {
          if (e.getMessage().startsWith("closed")) {
            return;
          }
          assertThat(e).as("written by its caller").hasMessage("a fault");
        }
      }
    }

    @Override
    public void close() {
      own.close();
    }
  }
}
