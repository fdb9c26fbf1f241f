package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/**
 * Nodes read and change the same few keys at random, while lives are so short that most values are
 * old, loaders fail at random and all that serves stale values is on. When all is quiet, nothing
 * that a node serves may be older than the last commit, however old it may be by its life.
 */
@RealRedis
final class StaleValuesRaceIT { // I6
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int KEYS = 8;
  private static final int NODES = 3;
  private static final int CHANGES_PER_NODE = 200;
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofMillis(2))
          .l2Ttl(Duration.ofMillis(5))
          .refreshAhead(0.5)
          .staleWhileRevalidate(Duration.ofMillis(10))
          .staleIfError(MINUTE)
          .throttle(Duration.ofMillis(2))
          .loadTimeout(Duration.ofMillis(2), MINUTE)
          .build();

  private final TestRedis server;

  StaleValuesRaceIT(TestRedis server) {
    this.server = server;
  }

  @Test
  void noStaleValueServesThatWasInvalidated() throws Exception {
    long rounds = Math.max(2, Long.getLong("perf.chaos.seconds", 5) / 2);
    long seed = Long.getLong("perf.seed", System.nanoTime());
    long servedOld = 0;
    for (int round = 0; round < rounds; round++) {
      servedOld += play(seed + round);
    }
    assertThat(servedOld).as("stale values did serve").isPositive();
  }

  /** One round; how many stale values served. */
  private long play(long seed) throws Exception {
    String prefix = server.prefix() + UUID.randomUUID();
    AtomicLongArray database = new AtomicLongArray(KEYS);
    ExecutorService loads = Executors.newCachedThreadPool();
    ExecutorService threads = Executors.newCachedThreadPool();
    AtomicBoolean stop = new AtomicBoolean();
    List<Caches> open = new ArrayList<>();
    try {
      List<Cache<Integer, Long>> nodes = new ArrayList<>();
      List<Future<?>> readers = new ArrayList<>();
      List<Future<?>> writers = new ArrayList<>();
      for (int n = 0; n < NODES; n++) {
        Caches caches =
            Caches.builder(server.newClient(), prefix)
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .executor(loads)
                .build();
        open.add(caches);
        nodes.add(caches.cache("versions", Integer.class, Codec.longs(), CONFIG));
        Await.until("subscribed", DEADLINE, caches::subscribed);
      }
      for (int n = 0; n < NODES; n++) {
        Cache<Integer, Long> node = nodes.get(n);
        Random reads = new Random(seed * 100 + n);
        readers.add(
            threads.submit(
                () -> {
                  while (!stop.get()) {
                    read(node, database, reads.nextInt(KEYS), new Random(reads.nextLong()));
                  }
                }));
        Random changes = new Random(seed * 100 + 50 + n);
        writers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < CHANGES_PER_NODE; i++) {
                    int key = changes.nextInt(KEYS);
                    database.incrementAndGet(key);
                    if (changes.nextInt(10) == 0) {
                      node.invalidateTag("tag-" + key);
                    } else {
                      node.invalidate(key);
                    }
                    RandomPause.upTo(changes, 5_000);
                  }
                }));
      }
      for (Future<?> writer : writers) {
        writer.get(60, SECONDS);
      }
      stop.set(true);
      for (Future<?> reader : readers) {
        reader.get(60, SECONDS);
      }
      for (Caches node : open) {
        Await.until("Redis was told", DEADLINE, () -> node.unsentInvalidations() == 0);
      }
      NodesContract.hearAll(open.toArray(Caches[]::new));
      for (int n = 0; n < NODES; n++) {
        for (int key = 0; key < KEYS; key++) {
          assertThat(held(nodes.get(n), key, database.get(key)))
              .as("perf.seed %s, node %s, key %s", seed, n, key)
              .isEqualTo(database.get(key));
        }
      }
      return nodes.stream().mapToLong(node -> node.stats().staleServed()).sum();
    } finally {
      stop.set(true);
      threads.shutdownNow();
      loads.shutdownNow();
      open.forEach(Caches::close);
    }
  }

  private static void read(
      Cache<Integer, Long> node, AtomicLongArray database, int key, Random random) {
    try {
      node.getEntry(
          key,
          k -> {
            RandomPause.upTo(random, 1_000);
            long version = database.get(k);
            RandomPause.upTo(random, 4_000);
            if (random.nextInt(4) == 0) {
              throw new IllegalStateException("the database is down now and then");
            }
            return Entry.of(version).withTags("tag-" + k);
          });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("the database is down now and then");
    }
  }

  /** What the node serves when nothing can be loaded; or else {@code current}. */
  private static long held(Cache<Integer, Long> node, int key, long current) {
    try {
      Long held =
          node.get(
              key,
              k -> {
                throw new IllegalStateException("the database is down");
              });
      return held == null ? current : held;
    } catch (IllegalStateException e) {
      return current;
    }
  }
}
