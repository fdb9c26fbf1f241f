package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Pace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;

/**
 * The JVM of one node in {@link CoherenceJvmsIT}, which tells it what to do line by line and reads
 * a line for each. The cache reaches Redis through a bad network, the database does not.
 */
final class RaceJvm {
  private static final int READERS = 2;

  private final RaceNode node;
  private final RaceDatabase database;
  private final Duration bound;
  private final AtomicLong reads = new AtomicLong();
  private final AtomicReference<@Nullable String> late = new AtomicReference<>();

  private RaceJvm(RaceNode node, RaceDatabase database, Duration bound) {
    this.node = node;
    this.database = database;
    this.bound = bound;
  }

  /** Arguments: kind of node, its name, prefix, database's URL, cache's URL, bound in ms. */
  public static void main(String[] args) throws Exception {
    Duration bound = Duration.ofMillis(Long.parseLong(args[5]));
    try (RedisClient direct = RedisClient.create(args[3]);
        RedisClient network = RedisClient.create(args[4]);
        RaceNode node = node(args[0], args[2], network, bound)) {
      RaceJvm jvm = new RaceJvm(node, new RaceDatabase(direct, args[2], args[1]), bound);
      jvm.obey();
    }
  }

  private static RaceNode node(String kind, String prefix, RedisClient redis, Duration bound) {
    return switch (kind) {
      case "perfkit" -> new PerfkitRaceNode(caches(redis, prefix), config(bound));
      // Believes its copies for a minute, whatever it has not heard.
      case "credulous" -> new PerfkitRaceNode(caches(redis, prefix), config(Duration.ofMinutes(1)));
      case "naive" -> new NaiveRaceNode(prefix, redis, RaceDatabase.KEYS);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  static Caches caches(RedisClient redis, String prefix) {
    return Caches.builder(redis, prefix)
        .guard(
            GuardConfig.defaults()
                .withBudget(Duration.ofMillis(200))
                .withProbeEvery(Duration.ofMillis(50)))
        .build();
  }

  static CacheConfig config(Duration bound) {
    return CacheConfig.builder()
        .maxStaleness(bound)
        .lease(Duration.ofSeconds(1))
        .onRedisDown(OnRedisDown.LOAD)
        .build();
  }

  private void obey() throws Exception {
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    PrintStream answers = new PrintStream(System.out, true, UTF_8);
    answers.println("ready");
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      String[] order = line.split(" ", -1);
      switch (order[0]) {
        case "run" -> answers.println(run(Long.parseLong(order[1]), Long.parseLong(order[2])));
        case "tell" -> {
          node.awaitTold();
          answers.println("told");
        }
        case "hear" -> {
          node.awaitHeard();
          answers.println("heard");
        }
        case "held" -> answers.println(node.allHeld(RaceDatabase.KEYS));
        case "hang" -> hang(answers);
        default -> throw new IOException("unknown order: " + line);
      }
    }
  }

  /** Reads and writes for that long; then tells of the first read that came too late. */
  private String run(long seed, long millis) throws Exception {
    long ends = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    late.set(null);
    ExecutorService threads = Executors.newFixedThreadPool(READERS + 1);
    List<Future<?>> workers = new ArrayList<>();
    for (int r = 0; r < READERS; r++) {
      Random random = new Random(seed * 10 + r);
      workers.add(threads.submit(() -> readUntil(ends, random)));
    }
    Random random = new Random(seed * 10 + 9);
    workers.add(threads.submit(() -> writeUntil(ends, random)));
    for (Future<?> worker : workers) {
      worker.get();
    }
    threads.shutdown();
    String first = late.get();
    return first == null ? "ran " + reads.get() : "late " + first;
  }

  private void readUntil(long ends, Random random) {
    while (System.nanoTime() - ends < 0) {
      int key = random.nextInt(RaceDatabase.KEYS);
      long asked = System.nanoTime();
      long version = node.read(key, () -> loadSlowly(key, random));
      if (reads.incrementAndGet() % 4 == 0) {
        String why = database.tooLate(key, version, asked - bound.toNanos());
        if (why != null) {
          late.compareAndSet(null, why);
        }
      }
      RandomPause.upTo(random, 300);
    }
  }

  private long loadSlowly(int key, Random random) {
    RandomPause.upTo(random, 500);
    long version = database.version(key);
    if (random.nextInt(30) == 0) { // so that who joins it late must not be served by it
      Pace.pause(bound.multipliedBy(2));
    }
    RandomPause.upTo(random, 3_000);
    return version;
  }

  private void writeUntil(long ends, Random random) {
    while (System.nanoTime() - ends < 0) {
      int key = random.nextInt(RaceDatabase.KEYS);
      boolean whole = random.nextInt(10) == 0;
      List<Integer> keys = whole ? RaceDatabase.group(key % RaceNode.GROUPS) : List.of(key);
      database.intend(keys);
      List<Long> versions = database.commit(keys);
      RandomPause.upTo(random, 1_000);
      if (whole) {
        node.invalidateGroup(key % RaceNode.GROUPS);
      } else {
        node.invalidate(key);
      }
      node.awaitTold();
      database.told(keys, versions, System.nanoTime());
      RandomPause.upTo(random, 5_000);
    }
  }

  /** Begins a load that never ends. */
  private void hang(PrintStream answers) {
    long unused =
        node.read(
            0,
            () -> {
              answers.println("loading");
              SlowLoad.awaitQuietly(new CountDownLatch(1));
              return 0;
            });
  }
}
