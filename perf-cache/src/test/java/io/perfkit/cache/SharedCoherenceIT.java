package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.Pace;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Nodes write and read the same structures at random, with pauses between the reading of a copy and
 * its keeping, while subscriptions are killed and one node's network swallows everything now and
 * then. During the run no read is older than {@code maxStaleness}, to the nanosecond; when all is
 * quiet no node holds a copy that differs from Redis. The same run over copies that messages alone
 * end must find such reads and copies, or it would not see them in ours.
 */
final class SharedCoherenceIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration BOUND = Duration.ofMillis(400);
  private static final int NODES = 4;
  private static final int KEYS = 8;
  private static final int KEPT = 20;

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy network = FaultProxy.to(server.address());
  private final List<AutoCloseable> open = new ArrayList<>();

  /** Versions of keys, held in one of the structures; a key has one writer, and versions grow. */
  private interface Versions {
    void write(int key, long version);

    /** Whether a read shows that version, or one that came after it. */
    boolean shows(int key, long version);
  }

  /** When each version of a key had surely been written. */
  private static final class Log {
    final ConcurrentSkipListMap<Long, Long> written = new ConcurrentSkipListMap<>();
    final AtomicLong begun = new AtomicLong();

    void write(Versions versions, int key) {
      long version = begun.incrementAndGet();
      versions.write(key, version);
      written.put(System.nanoTime(), version);
    }

    long latestBefore(long nanos) {
      Map.Entry<Long, Long> entry = written.floorEntry(nanos);
      return entry == null ? 0 : entry.getValue();
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    network.close();
    server.close();
  }

  private RedisClient client(HostAndPort address) {
    RedisClient client = RedisClient.create(address.getHost(), address.getPort());
    open.add(0, client);
    return client;
  }

  @Test
  void noReadIsOlderThanTheBoundAndNoCopyDiffersInTheEnd() throws Exception { // S1, S3
    List<Caches> nodes = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      boolean bad = i == NODES - 1;
      Caches caches =
          Caches.builder(client(bad ? network.address() : server.address()), "test")
              .guard(
                  GuardConfig.defaults()
                      .withBudget(bad ? Duration.ofMillis(200) : Duration.ofSeconds(5))
                      .withProbeEvery(Duration.ofMillis(50)))
              .build();
      open.add(0, caches);
      nodes.add(caches);
    }
    nodes.forEach(node -> Await.until("subscribed", DEADLINE, node::subscribed));
    AtomicLongArray begun = new AtomicLongArray(KEYS);
    List<List<Versions>> structures = // of each kind one on each node
        List.of(
            nodes.stream().map(SharedCoherenceIT::hashes).toList(),
            nodes.stream().map(SharedCoherenceIT::lists).toList(),
            nodes.stream().map(node -> set(node, begun)).toList());

    long seed = Long.getLong("perf.seed", System.nanoTime());
    assertThat(run(structures, seed, Long.getLong("perf.chaos.seconds", 5)))
        .as("perf.seed %s", seed)
        .isEmpty();
  }

  @Test
  void theCheckSeesWhatMessagesAloneMiss() throws Exception {
    List<Versions> nodes = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      NaiveHashes node = new NaiveHashes(client(server.address()));
      open.add(0, node);
      nodes.add(node);
    }
    List<String> wrong = new ArrayList<>();
    for (int round = 0; round < 5 && wrong.isEmpty(); round++) {
      wrong.addAll(run(List.of(nodes), round, 2));
    }
    assertThat(wrong).isNotEmpty();
  }

  /** What was wrong, each as text. */
  private List<String> run(List<List<Versions>> structures, long seed, long seconds)
      throws Exception {
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    long ends = System.nanoTime() + SECONDS.toNanos(seconds);
    List<List<Log>> logs =
        structures.stream()
            .map(nodes -> IntStream.range(0, KEYS).mapToObj(key -> new Log()).toList())
            .toList();
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Future<?>> all = new ArrayList<>();
    try {
      for (int s = 0; s < structures.size(); s++) {
        List<Log> log = logs.get(s);
        for (int n = 0; n < NODES; n++) {
          Versions node = structures.get(s).get(n);
          String name = node + " on node " + n;
          Random random = new Random(seed + name.hashCode());
          all.add(threads.submit(() -> readUntil(ends, node, name, log, random, wrong)));
        }
        for (int w = 0; w < 2; w++) { // nodes 0 and 1, which are never cut off
          Versions node = structures.get(s).get(w);
          int odd = w;
          Random random = new Random(seed + s * 2L + w);
          all.add(threads.submit(() -> writeUntil(ends, node, odd, log, random)));
        }
      }
      all.add(threads.submit(() -> breakThings(ends, new Random(seed))));
      for (Future<?> each : all) {
        each.get(seconds + 60, SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    network.heal();
    long quiet = System.nanoTime();
    Await.until("a bound", DEADLINE, () -> System.nanoTime() - quiet > BOUND.toNanos());
    for (int s = 0; s < structures.size(); s++) {
      for (int n = 0; n < NODES; n++) {
        for (int key = 0; key < KEYS; key++) {
          Versions node = structures.get(s).get(n);
          int last = key;
          AtomicBoolean shown = new AtomicBoolean();
          long version = logs.get(s).get(key).begun.get();
          Await.until("Redis answers", DEADLINE, () -> tells(node, last, version, shown));
          if (!shown.get()) {
            wrong.add(node + " on node " + n + " differs in the end, key " + key);
          }
        }
      }
    }
    return List.copyOf(wrong);
  }

  private static void readUntil(
      long ends, Versions node, String name, List<Log> logs, Random random, Queue<String> wrong) {
    while (System.nanoTime() - ends < 0) {
      int key = random.nextInt(KEYS);
      long version = logs.get(key).latestBefore(System.nanoTime() - BOUND.toNanos());
      try {
        if (version > 0 && !node.shows(key, version)) {
          wrong.add(name + " reads key " + key + " before version " + version);
        }
      } catch (RedisUnavailable | JedisException e) {
        RandomPause.upTo(random, 2_000); // says that it can't tell, which is no stale read
      }
      RandomPause.upTo(random, 500);
    }
  }

  /** Until then, and until each of its keys was written a few times. */
  private static void writeUntil(long ends, Versions node, int odd, List<Log> logs, Random random) {
    while (System.nanoTime() - ends < 0 || !isEachWritten(logs, odd)) {
      int key = random.nextInt(KEYS / 2) * 2 + odd;
      logs.get(key).write(node, key);
      boolean rests = random.nextInt(40) == 0; // so that what is stale stays so for long
      RandomPause.upTo(random, rests ? 2_000_000 : 8_000);
    }
  }

  private static boolean isEachWritten(List<Log> logs, int odd) {
    return IntStream.range(0, KEYS)
        .filter(key -> key % 2 == odd)
        .allMatch(key -> logs.get(key).begun.get() > 5);
  }

  private void breakThings(long ends, Random random) {
    RedisClient admin = client(server.address());
    while (System.nanoTime() - ends < 0) {
      Pace.pause(Duration.ofMillis(random.nextInt(300)));
      switch (random.nextInt(4)) {
        case 0 -> network.blackHole();
        case 1 -> network.heal();
        default -> {
          Object unused =
              admin.executeCommand(
                  new CommandArguments(Protocol.Command.CLIENT)
                      .add("KILL")
                      .add("TYPE")
                      .add("pubsub"));
        }
      }
    }
  }

  /** Whether the node can tell, and what it tells. */
  private static boolean tells(Versions node, int key, long version, AtomicBoolean shown) {
    try {
      shown.set(node.shows(key, version));
      return true;
    } catch (RedisUnavailable | JedisException e) {
      return false;
    }
  }

  /** Text that takes its time between the answer of Redis and the keeping of the copy. */
  private static final class SlowText extends TextCodec {
    @Override
    public String decode(byte[] payload) {
      if (ThreadLocalRandom.current().nextInt(20) == 0) {
        RandomPause.upTo(ThreadLocalRandom.current(), 3_000);
      }
      return super.decode(payload);
    }
  }

  private static final SharedConfig CONFIG =
      SharedConfig.builder()
          .maxMembers(50)
          .localTtl(Duration.ofMinutes(5))
          .maxStaleness(BOUND)
          .build();

  private static Versions hashes(Caches node) {
    SharedById<Integer, SharedHash<String, String>> hashes =
        node.shared().hashes("versions", Integer.class, Codec.string(), new SlowText(), CONFIG);
    return new Versions() {
      @Override
      public void write(int key, long version) {
        hashes.of(key).put("v", Long.toString(version));
      }

      @Override
      public boolean shows(int key, long version) {
        String held = hashes.of(key).get("v");
        return held != null && Long.parseLong(held) >= version;
      }

      @Override
      public String toString() {
        return "hashes";
      }
    };
  }

  private static Versions lists(Caches node) {
    SharedById<Integer, SharedList<String>> lists =
        node.shared().lists("latest", Integer.class, new SlowText(), CONFIG);
    return new Versions() {
      @Override
      public void write(int key, long version) {
        lists.of(key).addFirst(Long.toString(version));
      }

      @Override
      public boolean shows(int key, long version) {
        List<String> all = lists.of(key).getAll();
        for (int i = 1; i < all.size(); i++) {
          assertThat(Long.parseLong(all.get(i))).isEqualTo(Long.parseLong(all.get(i - 1)) - 1);
        }
        return !all.isEmpty() && Long.parseLong(all.get(0)) >= version;
      }

      @Override
      public String toString() {
        return "lists";
      }
    };
  }

  /**
   * One spread set of {@code key-version}, of which the last few of each key are kept.
   *
   * @param begun the latest version of each key that is being written, by any node
   */
  private static Versions set(Caches node, AtomicLongArray begun) {
    SharedSet<String> set = node.shared().set("present", new SlowText(), CONFIG);
    return new Versions() {
      @Override
      public void write(int key, long version) {
        begun.set(key, version);
        set.remove(key + "-" + (version - KEPT));
        set.add(key + "-" + version, Duration.ofMinutes(5));
      }

      @Override
      public boolean shows(int key, long version) {
        return !set.contains(key + "-" + (version - KEPT))
            && (set.contains(key + "-" + version) || begun.get(key) >= version + KEPT);
      }

      @Override
      public String toString() {
        return "set";
      }
    };
  }

  /** Copies that messages end, without an epoch and without a beat. */
  private static final class NaiveHashes extends JedisPubSub implements Versions, AutoCloseable {
    private final Map<Integer, Map<String, String>> copies = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean subscribed = new AtomicBoolean();
    private final RedisClient redis;
    private final Thread subscriber = new Thread(this::listen);

    NaiveHashes(RedisClient redis) {
      this.redis = redis;
      subscriber.start();
      Await.until("subscribed", DEADLINE, subscribed::get);
    }

    private void listen() {
      while (!closed.get()) {
        try {
          Subscriptions.listen(redis, this, "naive");
        } catch (JedisException e) {
          // what was published meanwhile is missed
        }
      }
    }

    @Override
    public void onSubscribe(String channel, int subscriptions) {
      subscribed.set(true);
    }

    @Override
    public void onMessage(String channel, String key) {
      copies.remove(Integer.valueOf(key));
    }

    @Override
    public void close() {
      closed.set(true);
      Await.until("unsubscribed", DEADLINE, this::hasEnded);
    }

    private boolean hasEnded() {
      if (subscriber.isAlive()) {
        try {
          unsubscribe();
        } catch (JedisException e) {
          // between two subscriptions, of which one may still begin
        }
      }
      return !subscriber.isAlive();
    }

    @Override
    public void write(int key, long version) {
      redis.hset("naive:" + key, "v", Long.toString(version));
      copies.remove(key);
      redis.publish("naive", Integer.toString(key));
    }

    @Override
    public boolean shows(int key, long version) {
      Map<String, String> copy = copies.get(key);
      if (copy == null) {
        copy = redis.hgetAll("naive:" + key);
        RandomPause.upTo(ThreadLocalRandom.current(), 3_000);
        copies.put(key, copy);
      }
      return Long.parseLong(copy.getOrDefault("v", "0")) >= version;
    }

    @Override
    public String toString() {
      return "naive";
    }
  }
}
