package io.perfkit.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.CommandObjects;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;

/** A Redis with values of 1 KiB, and the two ways to read them. A value that is missing throws. */
@State(Scope.Benchmark)
public class RedisReads {
  static final int KEYS = 1_000;
  private static final int VALUE_BYTES = 1_024;

  /** As many as the greatest crowd: fewer make its threads wait for each other. */
  private static final int POOL = 256;

  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client = client(redis);
  private final RedisGuard guard =
      RedisGuard.builder(client)
          .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
          .build();
  private final CommandObjects commands = new CommandObjects(RedisProtocol.RESP2);
  private final byte[][] keys = new byte[KEYS][];

  public RedisReads() {
    for (int i = 0; i < KEYS; i++) {
      keys[i] = ("user:" + i).getBytes(UTF_8);
      String unused = client.set(keys[i], new byte[VALUE_BYTES]);
    }
  }

  private static RedisClient client(RedisProcess redis) {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(POOL);
    pool.setMaxIdle(POOL);
    return RedisClient.builder().hostAndPort(redis.address()).poolConfig(pool).build();
  }

  byte[] inLane(int key) {
    return required(guard.call(commands.get(keys[key])));
  }

  byte[] pooled(int key) {
    return required(client.get(keys[key]));
  }

  private static byte[] required(byte @Nullable [] value) {
    if (value == null || value.length != VALUE_BYTES) {
      throw new IllegalStateException("a read missed (expected: only hits)");
    }
    return value;
  }

  @TearDown
  public void close() {
    guard.close();
    client.close();
    redis.close();
  }
}
