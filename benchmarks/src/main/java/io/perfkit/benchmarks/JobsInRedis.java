package io.perfkit.benchmarks;

import static java.util.Objects.requireNonNull;

import io.perfkit.jobs.Enqueued;
import io.perfkit.jobs.JobType;
import io.perfkit.jobs.Jobs;
import io.perfkit.jobs.JobsConfig;
import io.perfkit.jobs.Overflow;
import io.perfkit.jobs.QueueConfig;
import io.perfkit.jobs.RedisStore;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.RedisClient;

/** Jobs of ours that wait for their four workers. */
@State(Scope.Benchmark)
public class JobsInRedis {
  /** 200 bytes in JSON. */
  public record Payload(String text) {
    static final Payload SAMPLE = new Payload("x".repeat(189));
  }

  private static final JobType<Payload> TYPE = JobType.of("noop", Payload.class);

  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client = BenchRedis.client(redis);
  private final List<Payload> payloads = Collections.nCopies(JobsRedis.JOBS, Payload.SAMPLE);
  private final JobsConfig config =
      JobsConfig.builder()
          .queue(new QueueConfig(4, 1_000_000, Overflow.REJECT, Duration.ZERO))
          .build();
  private CountDownLatch left = new CountDownLatch(0);
  private @Nullable Jobs jobs;

  /** Stores the jobs. */
  @Setup(Level.Invocation)
  public void store() {
    CountDownLatch handled = new CountDownLatch(JobsRedis.JOBS);
    left = handled;
    Jobs stored = Jobs.builder(RedisStore.create(client, "bench")).config(config).build();
    jobs = stored;
    List<Enqueued> unused = stored.enqueueAll(TYPE, payloads);
    stored.handle(TYPE, (payload, context) -> handled.countDown());
  }

  long drain() {
    requireNonNull(jobs).start();
    return BenchRedis.await(left);
  }

  /** Waits until the last reports are accepted, and says if one is missing. */
  @TearDown(Level.Invocation)
  public void drained() {
    requireNonNull(jobs).close();
    try (Jobs all = Jobs.create(RedisStore.create(client, "bench"))) {
      if (!all.audit().holds() || all.audit().total().waiting() > 0) {
        throw new IllegalStateException("a job is missing: " + all.audit());
      }
    }
  }

  @TearDown
  public void close() {
    client.close();
    redis.close();
  }
}
