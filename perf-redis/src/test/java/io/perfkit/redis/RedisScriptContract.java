package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.RedisScript.Call;
import io.perfkit.redis.RedisScript.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** What a script does on every kind of server. */
abstract class RedisScriptContract {
  private final RedisScript add = RedisScript.load(RedisScriptContract.class, "add.lua");
  private final KeySpace keys =
      KeySpace.of("test", UUID.randomUUID().toString()).withPartitions(50);

  abstract UnifiedJedis redis();

  @Test
  void runsOnAServerThatDoesNotHoldIt() {
    redis().scriptFlush("any");

    assertThat(add.run(redis(), keysOf("a"), args("2"))).isEqualTo(2L);
    assertThat(add.run(redis(), keysOf("a"), args("3"))).isEqualTo(5L);
    assertThat(add.run(redis(), keysOf("a"), args("0"))).as("Lua nil").isNull();
    assertThat(redis().lrange(keysOf("a").get(1), 0, -1)).hasSize(2);
  }

  @Test
  void runsThroughAGuardOnAServerThatDoesNotHoldIt() {
    try (RedisGuard guard = patient()) {
      for (int i = 1; i <= 3; i++) {
        redis().scriptFlush("any");
        assertThat(add.run(guard, keysOf("g"), args("2"))).isEqualTo(2L * i);
      }
      assertThat(add.run(guard, keysOf("g"), args("0"))).as("Lua nil").isNull();
      assertThat(redis().lrange(keysOf("g").get(1), 0, -1)).hasSize(3);
    }
  }

  @Test
  void runsEachCallOfASubmissionOnceThoughTheServerForgotTheScript() {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      calls.add(new Call(keysOf("id-" + i), args(i == 7 ? "seven" : "1")));
    }
    add.run(redis(), keysOf("warm"), args("1"));
    List<Reply> held = runAll(calls);
    redis().scriptFlush("any");

    List<Reply> forgotten = runAll(calls);

    for (int i = 0; i < 100; i++) {
      if (i == 7) {
        assertThat(forgotten.get(i).error()).isInstanceOf(JedisDataException.class);
        assertThat(forgotten.get(i).error()).hasMessageContaining("amount is not a number");
      } else {
        assertThat(held.get(i)).isEqualTo(new Reply(1L, null));
        assertThat(forgotten.get(i)).isEqualTo(new Reply(2L, null));
      }
    }
    assertThat(runAll(List.of())).isEmpty();
  }

  private List<Reply> runAll(List<Call> calls) {
    try (RedisGuard guard = patient()) {
      return add.runAll(guard, calls);
    }
  }

  /** What is tested here is not what happens when a busy machine is slow. */
  private RedisGuard patient() {
    return RedisGuard.builder(redis())
        .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
        .build();
  }

  @Test
  void refusesKeysOfDifferentSlots() {
    List<byte[]> torn = List.of(keys.partitionKey("sum", 1), keys.partitionKey("journal", 2));

    assertThatThrownBy(() -> add.run(redis(), torn, args("1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("keys: in different slots (expected: one hash tag for all keys of a script)");
    assertThatThrownBy(() -> add.run(redis(), List.of(), args("1")))
        .hasMessageStartingWith("keys: [] (expected: at least one");
  }

  private List<byte[]> keysOf(String id) {
    return List.of(keys.key("sum", id), keys.key("journal", id));
  }

  private static List<byte[]> args(String amount) {
    return List.of(amount.getBytes(UTF_8));
  }
}
