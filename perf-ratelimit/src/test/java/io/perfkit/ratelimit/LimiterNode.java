package io.perfkit.ratelimit;

import io.perfkit.redis.GuardConfig;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import redis.clients.jedis.RedisClient;

/**
 * One node of an application that asks about one key as fast as it can, in a JVM of its own or
 * beside others: what {@link NodesIT} watches.
 */
final class LimiterNode {
  static final Policy BUCKET = Policy.tokenBucket("bucket", 2_000, Duration.ofSeconds(1), 300);
  static final Policy WINDOW = Policy.slidingWindow("window", 100, Duration.ofMillis(60));
  static final Policy SEGMENTS = Policy.slidingWindow("segments", 900, Duration.ofMillis(640));
  static final Plan PLAN =
      Plan.of("hot").with(BUCKET, "ip").with(WINDOW, "ip").with(SEGMENTS, "ip");
  private static final int THREADS = 3;

  /** Of each thread, however little of the time it gets. */
  private static final int EVENTS_MIN = 300;

  private LimiterNode() {}

  /** What one policy of one decision said, by the server's clock. */
  record Event(String policy, long time, int code, boolean admitted) {
    static Event parse(String line) {
      StringTokenizer fields = new StringTokenizer(line, " ");
      return new Event(
          fields.nextToken(),
          Long.parseLong(fields.nextToken()),
          Integer.parseInt(fields.nextToken()),
          Boolean.parseBoolean(fields.nextToken()));
    }

    @Override
    public String toString() {
      return policy + " " + time + " " + code + " " + admitted;
    }
  }

  /** Arguments: the server, the prefix, for how many milliseconds. Prints the events. */
  public static void main(String[] args) throws Exception {
    List<Event> events = run(URI.create(args[0]), args[1], Long.parseLong(args[2]));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    events.forEach(out::println);
    out.println("done");
    out.flush();
  }

  static List<Event> run(URI server, String prefix, long millis) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (RedisClient redis = RedisClient.create(server);
        RateLimiter limiter =
            RateLimiter.builder(redis, prefix)
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .config(RateLimiterConfig.builder().denialTtl(Duration.ZERO).build())
                .build()) {
      long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
      Callable<List<Event>> caller =
          () -> {
            List<Event> mine = new ArrayList<>();
            while (System.nanoTime() < end || mine.size() < EVENTS_MIN) {
              note(limiter.check(PLAN, Request.of("ip", "hot")), mine);
            }
            return mine;
          };
      List<Event> all = new ArrayList<>();
      for (Future<List<Event>> ended : threads.invokeAll(List.of(caller, caller, caller))) {
        all.addAll(ended.get());
      }
      return all;
    } finally {
      threads.shutdownNow();
    }
  }

  private static void note(Decision decision, List<Event> events) {
    if (decision.degraded()) {
      throw new IllegalStateException("Redis was taken for down, so nothing is proved");
    }
    CheckResult result =
        decision instanceof Decision.Allowed allowed
            ? allowed.result()
            : ((Decision.Denied) decision).result();
    for (int i = 0; i < result.check().size(); i++) {
      events.add(
          new Event(
              result.check().rule(i).policy().name(),
              result.time(i),
              result.code(i),
              decision.allowed()));
    }
  }
}
