package io.perfkit.jobs;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Pace;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import redis.clients.jedis.RedisClient;

/**
 * A node in a JVM of its own. It counts in Redis how often each job ran, and runs until it dies.
 */
final class RedisJobsNode {
  static final String APPLICATION = "shop";
  static final String RUNS = "runs";
  static final Duration LEASE = Duration.ofSeconds(1);

  record Item(int number) {}

  static final JobType<Item> ITEM =
      JobType.of("item", Item.class).backoff(Backoff.fixed(Duration.ofMillis(20)));

  private RedisJobsNode() {}

  static JobsConfig config() {
    return JobsConfig.builder()
        .lease(LEASE)
        .poll(Duration.ofMillis(200))
        .maxCrashes(1_000)
        .queue(QueueConfig.defaults().withCapacity(Samples.PLENTY))
        .build();
  }

  /**
   * Runs jobs.
   *
   * @param args URI of the server; how many in a thousand attempts fail
   */
  public static void main(String[] args) throws InterruptedException {
    RedisClient redis = RedisClient.create(args[0]);
    RedisGuard guard = RedisKeys.patient(redis, Duration.ofSeconds(10));
    int failing = Integer.parseInt(args[1]);
    Jobs jobs = Jobs.builder(RedisStore.create(redis, APPLICATION)).config(config()).build();
    jobs.handle(
        ITEM,
        (item, context) -> {
          redis.hincrBy(RUNS, Integer.toString(item.number()), 1);
          Pace.randomPause(ThreadLocalRandom.current(), Duration.ofMillis(2));
          if (context.attempt() == 1 && item.number() % 1_000 < failing) {
            throw new IllegalStateException("once");
          }
        });
    Runtime.getRuntime().addShutdownHook(new Thread(jobs::close));
    jobs.start();
    System.out.println("started");
    new CountDownLatch(1).await();
    guard.close();
  }
}
