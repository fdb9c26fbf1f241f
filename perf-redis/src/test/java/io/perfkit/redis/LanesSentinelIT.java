package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.RedisReplicated;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.exceptions.JedisDataException;

/** Lanes to the primary that the sentinels name. */
final class LanesSentinelIT {
  private static final Duration DEADLINE = Duration.ofSeconds(90);

  private final RedisReplicated servers = RedisReplicated.start();
  private final HostAndPort sentinelAddress = servers.startSentinel();
  private final RedisSentinelClient client =
      RedisSentinelClient.builder()
          .sentinels(Set.of(sentinelAddress))
          .masterName(servers.masterName())
          .build();
  private final RedisGuard guard =
      RedisGuard.builder(client)
          .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
          .build();

  @AfterEach
  void close() {
    guard.close();
    client.close();
    servers.close();
  }

  @Test
  void theNewPrimaryServesAfterTheOldOneDied() {
    assertThat(guard.call(Commands.set("k", "old"))).isEqualTo("OK");
    servers.primary().kill();
    awaitWrittenTo(servers.replica().address(), "new");
  }

  @Test
  void aPrimaryThatLivesOnAsAReplicaIsLeft() {
    assertThat(guard.call(Commands.set("k", "old"))).isEqualTo("OK");
    try (RedisClient sentinel = RedisClient.create(sentinelAddress)) {
      Await.until("a failover begins", DEADLINE, () -> failsOver(sentinel));
    }
    Await.until(
        "the client follows",
        DEADLINE,
        () -> client.getCurrentMaster().equals(servers.replica().address()));
    awaitWrittenTo(servers.replica().address(), "new");
    assertThat(guard.call(Commands.get("k"))).isEqualTo("new");
  }

  /** Refused until the sentinel knows that the replica is a good one. */
  private boolean failsOver(RedisClient sentinel) {
    try {
      sentinel.executeCommand(
          new CommandArguments(Command.SENTINEL).add("FAILOVER").add(servers.masterName()));
      return true;
    } catch (JedisDataException notYet) {
      return false;
    }
  }

  /** Until it is told of its successor, the old primary may take a write, which is lost. */
  private void awaitWrittenTo(HostAndPort primary, String value) {
    Await.until(
        "written",
        DEADLINE,
        () -> "OK".equals(answer(Commands.set("k", value))) && value.equals(heldBy(primary)));
  }

  private static String heldBy(HostAndPort server) {
    try (RedisClient direct = RedisClient.create(server)) {
      return direct.get("k");
    }
  }

  private String answer(CommandObject<String> command) {
    try {
      return guard.call(command);
    } catch (RedisUnavailable e) {
      return null;
    }
  }
}
