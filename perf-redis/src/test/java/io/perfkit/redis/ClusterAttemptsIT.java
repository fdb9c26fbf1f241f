package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisCluster;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;

/**
 * What a Cluster executes of a call whose replies are lost, whatever the client's own retries are.
 */
final class ClusterAttemptsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final RedisCluster cluster = RedisCluster.start();
  private final Map<HostAndPort, FaultProxy> proxies = new HashMap<>();
  private final RedisClusterClient direct =
      RedisClusterClient.builder().nodes(cluster.nodes()).build();
  private final RedisClusterClient client = proxied();
  private final Callers callers = Callers.virtual();
  private final RedisGuard guard =
      RedisGuard.builder(client)
          .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)).withLanes(1))
          .build();

  /** A client that would send a command again whose reply is lost. */
  private RedisClusterClient proxied() {
    for (RedisProcess master : cluster.masters()) {
      proxies.put(master.address(), FaultProxy.to(master.address()));
    }
    return RedisClusterClient.builder()
        .nodes(cluster.nodes())
        .maxAttempts(5)
        .clientConfig(
            DefaultJedisClientConfig.builder()
                .hostAndPortMapper(node -> proxies.get(node).address())
                .socketTimeoutMillis(5_000)
                .build())
        .build();
  }

  @AfterEach
  void close() {
    callers.close();
    guard.close();
    client.close();
    direct.close();
    proxies.values().forEach(FaultProxy::close);
    cluster.close();
  }

  /** Makes a call whose first reply is lost, and whose later ones would arrive. */
  private void loseReply(String key, LongSupplier ran, Callable<?> call) {
    assertThat(client.exists(key)).as("and there is a connection").isFalse();
    long before = ran.getAsLong();
    proxies.values().forEach(FaultProxy::dropReplies);
    Future<?> under = callers.start(call);
    Await.until("it ran", DEADLINE, () -> ran.getAsLong() > before);
    proxies.values().forEach(FaultProxy::halfClose); // so that it can't be on its way any more
    proxies.values().forEach(FaultProxy::heal);
    assertThatThrownBy(() -> under.get(30, SECONDS)).hasCauseInstanceOf(RedisUnavailable.class);
    assertThat(ran.getAsLong()).as("times it ran").isEqualTo(before + 1);
  }

  private long count(String key) {
    String count = direct.get(key);
    return count == null ? 0 : Long.parseLong(count);
  }

  private boolean passes(String key) {
    try {
      guard.call(Commands.get(key));
      return true;
    } catch (RedisUnavailable e) {
      return false;
    }
  }

  @Test
  void theFirstCommandOfASlotIsSentOnce() {
    loseReply("first", () -> count("first"), () -> guard.call(Commands.incr("first")));
  }

  @Test
  void aCommandTooBigForALaneIsSentOnce() {
    String big = "x".repeat(Lane.BATCH_BYTES);
    loseReply(
        "big",
        () -> direct.strlen("big") / big.length(),
        () -> guard.call(Commands.append("big", big)));
  }

  @Test
  void aCommandInALaneIsSentOnce() {
    assertThat(guard.call(Commands.exists("laned"))).isFalse();
    assertThat(guard.call(Commands.exists("laned"))).isFalse();
    loseReply("laned", () -> count("laned"), () -> guard.call(Commands.incr("laned")));
  }

  @Test
  void aScriptIsSentOnce() {
    RedisScript add = RedisScript.load(ClusterAttemptsIT.class, "add.lua");
    List<byte[]> elsewhere = List.of("{s}other".getBytes(UTF_8), "{s}else".getBytes(UTF_8));
    List<byte[]> keys = List.of("{s}sum".getBytes(UTF_8), "{s}journal".getBytes(UTF_8));
    List<byte[]> one = List.of("1".getBytes(UTF_8));
    add.run(direct, elsewhere, one); // so the server holds it
    loseReply("{s}sum", () -> count("{s}sum"), () -> add.run(guard, keys, one));
  }

  @Test
  void aSlotWhoseMasterRefusesConnectionsIsFoundAgain() {
    assertThat(guard.call(Commands.set("k", "v"))).isEqualTo("OK");
    proxies.values().forEach(FaultProxy::cut);
    assertThat(passes("k")).isFalse();
    proxies.values().forEach(FaultProxy::heal);
    Await.until("calls pass again", DEADLINE, () -> passes("k"));
    assertThat(guard.call(Commands.get("k"))).isEqualTo("v");
  }
}
