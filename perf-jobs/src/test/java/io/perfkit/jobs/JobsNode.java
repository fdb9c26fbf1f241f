package io.perfkit.jobs;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.Pace;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A node that runs jobs in a JVM of its own and writes each start and end of a handler to a ledger,
 * which survives its sudden death: what {@link JobsNodesIT} watches.
 */
final class JobsNode {
  record Work(int number) {}

  static final JobType<Work> WORK =
      JobType.of("work", Work.class).attempts(50).backoff(Backoff.fixed(Duration.ofMillis(20)));
  static final Duration LEASE = Duration.ofMillis(1_500);

  private JobsNode() {}

  static JobsConfig config() {
    return JobsConfig.builder()
        .lease(LEASE)
        .poll(Duration.ofMillis(100))
        .maxCrashes(1_000)
        .drain(Duration.ofSeconds(10))
        .queue(QueueConfig.defaults().withCapacity(100_000))
        .build();
  }

  /** Arguments: JDBC URL, user, password, application, file of the ledger. */
  public static void main(String[] args) throws Exception {
    OutputStream ledger = new FileOutputStream(args[4], true);
    HikariDataSource pool = Pools.of(args[0], args[1], args[2], 8, true, "perf-jobs-node");
    Jobs jobs =
        Jobs.builder(PostgresStore.create(pool, args[3]))
            .config(config())
            .build()
            .handle(
                WORK,
                (work, context) -> {
                  write(ledger, "start " + context.token());
                  if (ThreadLocalRandom.current().nextInt(8) == 0) {
                    throw new IllegalStateException("now and then");
                  }
                  Pace.randomPause(ThreadLocalRandom.current(), Duration.ofMillis(8));
                  write(ledger, "end " + context.token());
                })
            .start();
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  jobs.close();
                  pool.close();
                  closed.countDown();
                }));
    closed.await();
  }

  /** One write to the file, so that the kernel has all of the line or nothing. */
  private static void write(OutputStream ledger, String line) {
    try {
      ledger.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
