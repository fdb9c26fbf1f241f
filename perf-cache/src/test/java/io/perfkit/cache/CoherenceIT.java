package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.SetParams;

/**
 * Four nodes read, change and invalidate the same few keys at random, with pauses between read,
 * load and store. When all is quiet, no level of any node may hold a version older than the last
 * commit. The same run over the cache that everybody writes first must find such versions, or it
 * would not see them in ours.
 */
@RealRedis
final class CoherenceIT {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final int KEYS = 20;
  private static final int GROUPS = 5;
  private static final int NODES = 4;
  private static final int READERS_PER_NODE = 2;
  private static final int CHANGES_PER_NODE = 300;

  private final TestRedis server;
  private final List<AutoCloseable> open = new ArrayList<>();

  CoherenceIT(TestRedis server) {
    this.server = server;
  }

  /** One node of the cache under test. */
  private interface Node {
    /** Reads through the cache; a miss runs {@code load}. */
    long read(int key, LongSupplier load);

    /** Called after the change of {@code key} was committed. */
    void invalidate(int key);

    /** Called after the change of all keys of {@code group} was committed. */
    void invalidateGroup(int group);

    /** What the node would serve without a load. */
    OptionalLong held(int key);
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
      List<Node> nodes = new ArrayList<>();
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
      List<Node> nodes = new ArrayList<>();
      String prefix = server.prefix() + UUID.randomUUID();
      for (int i = 0; i < NODES; i++) {
        NaiveNode node = new NaiveNode(prefix, server.newClient());
        open.add(node);
        nodes.add(node);
      }
      stale.addAll(staleAfter(nodes, round));
      close();
    }
    assertThat(stale).isNotEmpty();
  }

  /** One round; what is stale after it, each as text. */
  private static List<String> staleAfter(List<Node> nodes, long seed) throws Exception {
    AtomicLongArray database = new AtomicLongArray(KEYS + 1);
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> readers = new ArrayList<>();
      List<Future<?>> writers = new ArrayList<>();
      for (int n = 0; n < nodes.size(); n++) {
        Node node = nodes.get(n);
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
                      for (int k = key % GROUPS; k < KEYS; k += GROUPS) {
                        database.incrementAndGet(k);
                      }
                      node.invalidateGroup(key % GROUPS);
                    } else {
                      database.incrementAndGet(key);
                      node.invalidate(key);
                    }
                    pause(random, 2_000);
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
    drainMessages(nodes, database);
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

  /** A message of one more key, sent after all others, has reached every node. */
  private static void drainMessages(List<Node> nodes, AtomicLongArray database) {
    for (Node node : nodes) {
      node.read(KEYS, () -> database.get(KEYS));
    }
    database.incrementAndGet(KEYS);
    nodes.get(0).invalidate(KEYS);
    for (Node node : nodes) {
      Await.until(
          "the last message has arrived",
          DEADLINE,
          () -> node.held(KEYS).orElse(database.get(KEYS)) == database.get(KEYS));
    }
  }

  private static long loadSlowly(AtomicLongArray database, int key, Random random) {
    pause(random, 500);
    long version = database.get(key);
    pause(random, 3_000);
    return version;
  }

  /** Up to that many microseconds, and often none. */
  private static void pause(Random random, int microsMax) {
    if (random.nextBoolean()) {
      LockSupport.parkNanos(random.nextInt(microsMax) * 1_000L);
    }
  }

  private Node ours(String prefix) {
    Caches caches = NodesContract.patient(server.newClient(), prefix);
    open.add(caches);
    Cache<Integer, Long> cache =
        caches.cache("versions", Integer.class, Codec.longs(), CacheConfig.defaults());
    Await.until("subscribed", DEADLINE, caches::subscribed);
    return new Node() {
      @Override
      public long read(int key, LongSupplier load) {
        return cache.getEntry(
            key, k -> Entry.of(load.getAsLong()).withTags("group-" + key % GROUPS));
      }

      @Override
      public void invalidateGroup(int group) {
        cache.invalidateTag("group-" + group);
      }

      @Override
      public void invalidate(int key) {
        cache.invalidate(key);
      }

      @Override
      public OptionalLong held(int key) {
        Long held = cache.getIfPresent(key);
        return held == null ? OptionalLong.empty() : OptionalLong.of(held);
      }
    };
  }

  /** Cache-aside over Caffeine and Redis, with a message for each change: no fence, no lease. */
  private static final class NaiveNode extends JedisPubSub implements Node, AutoCloseable {
    private final ConcurrentMap<String, String> l1 =
        Caffeine.newBuilder().<String, String>build().asMap();
    private final AtomicBoolean subscribed = new AtomicBoolean();
    private final String prefix;
    private final RedisClient redis;
    private final Thread subscriber;

    NaiveNode(String prefix, RedisClient redis) {
      this.prefix = prefix;
      this.redis = redis;
      this.subscriber = new Thread(() -> redis.subscribe(this, prefix));
      subscriber.start();
      Await.until("subscribed", DEADLINE, subscribed::get);
    }

    @Override
    public void onSubscribe(String channel, int subscriptions) {
      subscribed.set(true);
    }

    @Override
    public void onMessage(String channel, String key) {
      l1.remove(key);
    }

    @Override
    public void close() {
      unsubscribe();
      Await.until("unsubscribed", DEADLINE, () -> !subscriber.isAlive());
    }

    @Override
    public long read(int key, LongSupplier load) {
      String name = prefix + key;
      String value = l1.get(name);
      if (value == null) {
        value = redis.get(name);
        if (value == null) {
          value = Long.toString(load.getAsLong());
          redis.set(name, value, SetParams.setParams().ex(60));
        }
        l1.put(name, value);
      }
      return Long.parseLong(value);
    }

    @Override
    public void invalidate(int key) {
      String name = prefix + key;
      redis.del(name);
      l1.remove(name);
      redis.publish(prefix, name);
    }

    @Override
    public void invalidateGroup(int group) {
      for (int key = group; key < KEYS; key += GROUPS) {
        invalidate(key);
      }
    }

    @Override
    public OptionalLong held(int key) {
      String name = prefix + key;
      String value = l1.getOrDefault(name, redis.get(name));
      return value == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
    }
  }
}
