package io.perfkit.benchmarks;

import static java.util.Objects.requireNonNull;

import io.perfkit.testing.RedisProcess;
import java.io.Serializable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.redisson.Redisson;
import org.redisson.api.RExecutorService;
import org.redisson.api.RedissonClient;
import org.redisson.api.WorkerOptions;
import org.redisson.config.Config;

/** Tasks of Redisson's executor with its default settings, which wait for their four workers. */
@State(Scope.Benchmark)
public class JobsInRedisson {
  /** Of this JVM, for tasks come back as copies. */
  private static volatile CountDownLatch left = new CountDownLatch(0);

  private final RedisProcess redis = RedisProcess.start();
  private final RedissonClient client;
  private @Nullable RExecutorService executor;
  private int round;

  public JobsInRedisson() {
    Config config = new Config();
    config.useSingleServer().setAddress("redis://" + redis.address());
    client = Redisson.create(config);
  }

  /** A task that does nothing. */
  public static final class Task implements Runnable, Serializable {
    private static final long serialVersionUID = 1L;

    private String payload = "x".repeat(200);

    @Override
    public void run() {
      if (payload.isEmpty()) {
        throw new IllegalStateException("the payload did not arrive");
      }
      left.countDown();
    }
  }

  /** Stores the tasks. */
  @Setup(Level.Invocation)
  public void store() {
    left = new CountDownLatch(JobsRedis.JOBS_OF_REDISSON);
    RExecutorService fresh = client.getExecutorService("bench-" + round++);
    executor = fresh;
    for (int i = 0; i < JobsRedis.JOBS_OF_REDISSON; i++) {
      fresh.execute(new Task());
    }
  }

  long drain() {
    requireNonNull(executor).registerWorkers(WorkerOptions.defaults().workers(4));
    return BenchRedis.await(left);
  }

  @TearDown(Level.Invocation)
  public void drained() {
    RExecutorService ended = requireNonNull(executor);
    ended.shutdown();
    boolean unused = ended.delete();
  }

  @TearDown
  public void close() {
    client.shutdown();
    redis.close();
  }
}
