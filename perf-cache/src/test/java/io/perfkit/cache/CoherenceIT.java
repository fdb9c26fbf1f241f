package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Four nodes read, change and invalidate the same few keys at random, with pauses between read,
 * load and store. When all is quiet, no level of any node may hold a version older than the last
 * commit. The same run over the cache that everybody writes first must find such versions, or it
 * would not see them in ours.
 */
@RealRedis
final class CoherenceIT {
  private static final int KEYS = 20;
  private static final int NODES = 4;
  private static final int READERS_PER_NODE = 2;
  private static final int CHANGES_PER_NODE = 300;

  private final TestRedis server;
  private final List<AutoCloseable> open = new ArrayList<>();

  CoherenceIT(TestRedis server) {
    this.server = server;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    open.clear();
  }

  @Test
  void noLevelKeepsAVersionOlderThanTheLastCommit() throws Exception { // I1
    long rounds = Math.max(2, Long.getLong("perf.chaos.seconds", 5));
    long seed = Long.getLong("perf.seed", System.nanoTime());
    for (int round = 0; round < rounds; round++) {
      List<RaceNode> nodes = new ArrayList<>();
      String prefix = server.prefix() + UUID.randomUUID();
      for (int i = 0; i < NODES; i++) {
        nodes.add(ours(prefix));
      }
      assertThat(staleAfter(nodes, seed + round)).as("perf.seed %s", seed + round).isEmpty();
      close();
    }
  }

  @Test
  void theCheckSeesWhatANaiveCacheKeeps() throws Exception {
    List<String> stale = new ArrayList<>();
    for (int round = 0; round < 30 && stale.isEmpty(); round++) {
      List<RaceNode> nodes = new ArrayList<>();
      String prefix = server.prefix() + UUID.randomUUID();
      for (int i = 0; i < NODES; i++) {
        NaiveRaceNode node = new NaiveRaceNode(prefix, server.newClient(), KEYS);
        open.add(node);
        nodes.add(node);
      }
      stale.addAll(staleAfter(nodes, round));
      close();
    }
    assertThat(stale).isNotEmpty();
  }

  /** One round; what is stale after it, each as text. */
  private static List<String> staleAfter(List<RaceNode> nodes, long seed) throws Exception {
    AtomicLongArray database = new AtomicLongArray(KEYS);
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> readers = new ArrayList<>();
      List<Future<?>> writers = new ArrayList<>();
      for (int n = 0; n < nodes.size(); n++) {
        RaceNode node = nodes.get(n);
        for (int r = 0; r < READERS_PER_NODE; r++) {
          Random random = new Random(seed * 1_000 + n * 10L + r);
          readers.add(
              threads.submit(
                  () -> {
                    while (!stop.get()) {
                      int key = random.nextInt(KEYS);
                      node.read(key, () -> loadSlowly(database, key, random));
                    }
                  }));
        }
        Random random = new Random(seed * 1_000 + n * 10L + 9);
        writers.add(
            threads.submit(
                () -> {
                  for (int change = 0; change < CHANGES_PER_NODE; change++) {
                    int key = random.nextInt(KEYS);
                    if (random.nextInt(10) == 0) {
                      for (int k = key % RaceNode.GROUPS; k < KEYS; k += RaceNode.GROUPS) {
                        database.incrementAndGet(k);
                      }
                      node.invalidateGroup(key % RaceNode.GROUPS);
                    } else {
                      database.incrementAndGet(key);
                      node.invalidate(key);
                    }
                    RandomPause.upTo(random, 2_000);
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
    } finally {
      stop.set(true);
      threads.shutdownNow();
    }
    nodes.forEach(RaceNode::awaitTold);
    nodes.forEach(RaceNode::awaitHeard);
    List<String> stale = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      for (int n = 0; n < nodes.size(); n++) {
        OptionalLong held = nodes.get(n).held(key);
        if (held.isPresent() && held.getAsLong() != database.get(key)) {
          stale.add("node " + n + " key " + key + ": " + held + " of " + database.get(key));
        }
      }
    }
    return stale;
  }

  private static long loadSlowly(AtomicLongArray database, int key, Random random) {
    RandomPause.upTo(random, 500);
    long version = database.get(key);
    RandomPause.upTo(random, 3_000);
    return version;
  }

  private RaceNode ours(String prefix) {
    Caches caches = NodesContract.patient(server.newClient(), prefix);
    RaceNode node = new PerfkitRaceNode(caches, CacheConfig.defaults());
    open.add(node);
    return node;
  }
}
