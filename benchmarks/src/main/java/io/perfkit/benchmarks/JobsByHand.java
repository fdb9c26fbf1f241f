package io.perfkit.benchmarks;

import io.perfkit.testing.RedisProcess;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.StreamEntry;

/** Four threads that pop a list, or read a stream by a consumer group. */
@State(Scope.Benchmark)
public class JobsByHand {
  private static final int WORKERS = 4;
  private static final int CHUNK = 500;
  private static final int COUNT = 100;
  private static final String PAYLOAD = "x".repeat(200);

  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client = BenchRedis.client(redis);

  /** Stores what both need; the list is short work. */
  @Setup(Level.Invocation)
  public void store() {
    client.del("list", "stream");
    String[] chunk = new String[CHUNK];
    Arrays.fill(chunk, PAYLOAD);
    client.xgroupCreate("stream", "group", new StreamEntryID(), true);
    for (int i = 0; i < JobsRedis.JOBS / CHUNK; i++) {
      client.lpush("list", chunk);
      try (Pipeline pipeline = client.pipelined()) {
        for (String payload : chunk) {
          pipeline.xadd("stream", StreamEntryID.NEW_ENTRY, Map.of("p", payload));
        }
      }
    }
  }

  long drainList() {
    return drain(
        worker -> {
          while (client.brpop(0.05, "list") != null) {
            // a handler that does nothing
          }
        });
  }

  long drainStream() {
    Map<String, StreamEntryID> next = Map.of("stream", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY);
    XReadGroupParams params = new XReadGroupParams().count(COUNT);
    return drain(
        worker -> {
          List<Map.Entry<String, List<StreamEntry>>> read =
              client.xreadGroup("group", "w" + worker, params, next);
          while (read != null && !read.isEmpty()) {
            List<StreamEntry> entries = read.get(0).getValue();
            client.xack(
                "stream",
                "group",
                entries.stream().map(StreamEntry::getID).toArray(StreamEntryID[]::new));
            read = client.xreadGroup("group", "w" + worker, params, next);
          }
        });
  }

  private static long drain(IntConsumer loop) {
    CountDownLatch ended = new CountDownLatch(WORKERS);
    for (int i = 0; i < WORKERS; i++) {
      int worker = i;
      new Thread(
              () -> {
                loop.accept(worker);
                ended.countDown();
              })
          .start();
    }
    return BenchRedis.await(ended);
  }

  @TearDown
  public void close() {
    client.close();
    redis.close();
  }
}
