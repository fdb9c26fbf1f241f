package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Pace;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.RedisClient;

/**
 * A process that spends what it can of a shared bucket and notes when. Notes stand in memory that
 * outlives the process. All processes of a machine share the clock of {@code System.nanoTime}.
 */
final class LeaseNode {
  static final Limit.TokenBucket BUCKET =
      new Limit.TokenBucket(20_000, Duration.ofSeconds(1), 4_000);
  static final Duration LIFE = Duration.ofMillis(300);
  static final int NOTES_MAX = 1_000_000;

  private LeaseNode() {}

  /**
   * Spends until it is killed.
   *
   * @param args address of Redis, key, name of the node, and the file of its notes
   */
  public static void main(String[] args) throws IOException {
    RedisClient client = RedisClient.create("redis://" + args[0]);
    RedisGuard guard =
        RedisGuard.builder(client)
            .config(
                GuardConfig.defaults()
                    .withBudget(Duration.ofMillis(100))
                    .withProbeEvery(Duration.ofMillis(20)))
            .build();
    ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor();
    long[] read = new long[1];
    Thread spender = Thread.currentThread();
    LeasedBucket bucket =
        new LeasedBucket(
            new LeaseScript(guard, args[1].getBytes(UTF_8), BUCKET, args[2], LIFE),
            () -> {
              long now = System.nanoTime();
              if (Thread.currentThread() == spender) {
                read[0] = now; // the last one of a take is the one that let it pass
              }
              return now;
            },
            keeper,
            LIFE,
            BUCKET.burst() / 8);
    long pause = LIFE.toMillis() / 4;
    var unused =
        keeper.scheduleWithFixedDelay(() -> tick(bucket), pause, pause, TimeUnit.MILLISECONDS);
    spend(bucket, read, notes(Path.of(args[3])));
  }

  private static void tick(LeasedBucket bucket) {
    try {
      bucket.tick();
    } catch (RedisException e) {
      // the next one is due soon
    }
  }

  private static void spend(LeasedBucket bucket, long[] read, MappedByteBuffer notes) {
    while (notes.hasRemaining()) {
      try {
        long wait = bucket.take(1);
        if (wait == 0) {
          notes.putLong(read[0]);
        } else {
          Pace.pause(Duration.ofNanos(Math.min(wait, 1_000_000)));
        }
      } catch (RedisException e) {
        Pace.pause(Duration.ofMillis(1));
      }
    }
  }

  private static MappedByteBuffer notes(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) NOTES_MAX * Long.BYTES);
    }
  }
}
