package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.perfkit.redis.RedisScript;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/**
 * A script that comes after the deadline of its caller changes nothing, and says what time it is.
 */
@RealRedis
final class LateScriptsIT {
  private static final String PAST = "1";

  private final UnifiedJedis redis;
  private final String key;

  LateScriptsIT(TestRedis server) {
    redis = server.client();
    key = "{" + server.prefix() + UUID.randomUUID() + "}";
  }

  private long now() {
    byte[] lua = "local t = redis.call('TIME') return t[1] * 1000".getBytes(UTF_8);
    return (Long) redis.eval(lua, List.of(bytes(key)), List.of());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private List<?> run(String script, List<String> keys, String... args) {
    return (List<?>)
        RedisScript.load(RedisLevel.class, script)
            .run(
                redis,
                keys.stream().map(LateScriptsIT::bytes).toList(),
                Arrays.stream(args).map(LateScriptsIT::bytes).toList());
  }

  /** The script with what it takes after channel, message and deadline. */
  private void assertDoesNothingLate(String script, String... args) {
    byte[] before = redis.dump(key);
    List<?> late = runBy(PAST, script, args);
    assertThat(late).as(script).hasSize(1);
    assertThat((Long) late.get(0)).isCloseTo(now(), within(60_000L));
    assertThat(redis.dump(key)).as(script).isEqualTo(before);

    List<?> inTime = runBy(Long.toString(now() + 60_000), script, args);
    assertThat(inTime).as(script).hasSize(2);
    assertThat(redis.dump(key)).as("in time").isNotEqualTo(before);
  }

  private List<?> runBy(String deadline, String script, String... args) {
    String[] all = new String[args.length + 3];
    all[0] = key + ":channel";
    all[1] = "message";
    all[2] = deadline;
    System.arraycopy(args, 0, all, 3, args.length);
    return run(script, List.of(key), all);
  }

  @Test
  void writesOfSharedStructures() {
    assertDoesNothingLate("hash_put.lua", "10", "0", "put", "field", "value");
    assertDoesNothingLate("hash_put.lua", "10", "0", "put", "number", "1");
    assertDoesNothingLate("hash_increment.lua", "10", "0", "number", "2");
    assertDoesNothingLate("hash_remove.lua", "field");
    assertDoesNothingLate("shared_clear.lua");
    assertDoesNothingLate("list_push.lua", "10", "0", "first", "element");
    assertDoesNothingLate("list_push.lua", "10", "0", "last", "element");
    assertDoesNothingLate("shared_clear.lua");
    assertDoesNothingLate("set_add.lua", "10", "100", "0", "253402300799999", "member");
    assertDoesNothingLate("set_remove.lua", "100", "253402300799999", "member");
  }

  @Test
  void lookupsThatWouldTakeALease() {
    String lease = key + ":lease";
    List<String> keys = List.of(key, lease, key + ":marks");
    String token = "0123456789abcdef";
    List<?> late = run("lookup.lua", keys, token, "60000", "60000", "", "", "0", PAST);
    assertThat(late.get(0)).isEqualTo(4L);
    assertThat((Long) late.get(1)).isGreaterThan(1_000_000);
    assertThat(redis.exists(lease)).isFalse();

    String future = Long.toString(now() + 60_000);
    assertThat(run("lookup.lua", keys, token, "60000", "60000", "", "", "0", future).get(0))
        .isEqualTo(1L);
    assertThat(redis.exists(lease)).isTrue();
  }

  @Test
  void puts() {
    List<String> keys = List.of(key, key + ":lease", key + ":marks");
    String[] args = {"body", "60000", "0", "60000", "0123456789abcdef", "channel", "message", PAST};
    assertThat(run("put.lua", keys, args).get(0)).isEqualTo(0L);
    assertThat(redis.exists(key)).isFalse();
    args[7] = Long.toString(now() + 60_000);
    assertThat(run("put.lua", keys, args).get(0)).isEqualTo(1L);
    assertThat(redis.exists(key)).isTrue();
  }
}
