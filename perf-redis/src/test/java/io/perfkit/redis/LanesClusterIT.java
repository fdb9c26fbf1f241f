package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.RedisCluster;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Lanes to three masters, whose slots move and one of which dies. */
final class LanesClusterIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int KEYS = 300;

  private final RedisCluster cluster = RedisCluster.start();
  private final RedisClusterClient client =
      RedisClusterClient.builder().nodes(cluster.nodes()).build();
  private final RedisGuard guard =
      RedisGuard.builder(client)
          .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
          .build();
  private final Callers callers = Callers.virtual();

  @AfterEach
  void close() {
    callers.close();
    guard.close();
    client.close();
    cluster.close();
  }

  @Test
  void eachCommandReachesTheMasterOfItsSlot() throws Exception {
    fill();
    assertThat(callers.all(32, seed -> wrongValues(seed, 1_000))).allMatch(List::isEmpty);
    LaneStats stats = guard.stats();
    assertThat(stats.commands()).as("most went in lanes").isGreaterThan(30_000);
    assertThat(stats.batches()).isLessThan(stats.commands());
    Await.until( // more of them for as long as the keeper asks whether Redis is there
        "connections of the lanes alone",
        DEADLINE,
        () -> active() >= 3 && active() <= 3L * GuardConfig.defaults().lanes());
  }

  private long active() {
    return client.getClusterNodes().values().stream().mapToLong(pool -> pool.getNumActive()).sum();
  }

  @Test
  void aSlotThatMovesTakesItsCommandsAlong() {
    String key = keyOf(0);
    String value = "v";
    assertThat(guard.call(Commands.set(key, value))).isEqualTo("OK");
    assertThat(guard.call(Commands.get(key))).isEqualTo(value);
    guard.call(Commands.del(key));
    move(JedisClusterCRC16.getSlot(key), 0, 1);

    assertThat(guard.call(Commands.set(key, "moved"))).isEqualTo("OK");
    long before = guard.stats().commands();
    assertThat(guard.call(Commands.get(key))).isEqualTo("moved");
    assertThat(guard.stats().commands()).as("in a lane again").isEqualTo(before + 1);
    try (RedisClient other = RedisClient.create(cluster.masters().get(1).address())) {
      assertThat(other.get(key)).isEqualTo("moved");
    }
  }

  @Test
  void aSlotOnItsWayIsAskedForWhereItIs() {
    String key = keyOf(0);
    guard.call(Commands.get(key));
    guard.call(Commands.get(key));
    int slot = JedisClusterCRC16.getSlot(key);
    setSlot(1, slot, "IMPORTING", nodeId(0));
    setSlot(0, slot, "MIGRATING", nodeId(1));

    assertThat(guard.call(Commands.set(key, "asked"))).isEqualTo("OK");
    assertThat(guard.call(Commands.get(key))).isEqualTo("asked");
    assertThat(guard.call(Commands.get(key))).isEqualTo("asked");
  }

  @Test
  void manyCommandsOfOneCallerGoToTheirMasters() {
    fill();
    List<CommandObject<String>> gets = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      gets.add(Commands.get("key-" + i));
      expected.add("value-" + i);
    }
    assertThat(guard.callAll(gets)).isEqualTo(expected);
    move(0, 1);
    assertThat(guard.callAll(gets)).isEqualTo(expected);
  }

  private void move(int from, int to) {
    int slot = JedisClusterCRC16.getSlot(keyOf(from));
    move(slot, from, to);
  }

  @Test
  void refusesKeysOfDifferentSlots() {
    assertThatThrownBy(() -> guard.call(Commands.mget("a", "b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("keys: in different slots");
    assertThat(guard.available()).isTrue();
  }

  @Test
  void aScriptRunsOnTheMasterOfItsKeys() throws Exception {
    RedisScript add = RedisScript.load(LanesClusterIT.class, "add.lua");
    callers.all(
        30,
        index -> {
          KeySpace keys = KeySpace.of("test", "n" + index);
          for (int i = 1; i <= 5; i++) {
            assertThat(
                    add.run(
                        guard,
                        List.of(keys.key("sum", "a"), keys.key("journal", "a")),
                        List.of("1".getBytes(UTF_8))))
                .isEqualTo((long) i);
          }
          return true;
        });
  }

  @Test
  void aMasterThatDiesTakesNoWrongAnswerWithItAndComesBack() throws Exception {
    fill();
    RedisProcess dying = cluster.masters().get(2);
    assertThat(callers.all(8, seed -> wrongValues(seed, 300))).allMatch(List::isEmpty);
    dying.kill();
    assertThat(callers.all(8, seed -> wrongValues(seed, 30))).allMatch(List::isEmpty);
    dying.restart(); // without its keys
    String key = keyOf(2);
    Await.until("it serves again", DEADLINE, () -> "OK".equals(answer(Commands.set(key, "new"))));
    Await.until("in a lane", DEADLINE, () -> "new".equals(answer(Commands.get(key))));
  }

  private void fill() {
    for (int i = 0; i < KEYS; i++) {
      client.set("key-" + i, "value-" + i);
    }
  }

  /** Values that are not of their key; an absent answer is none. */
  private List<String> wrongValues(int seed, int reads) {
    Random random = new Random(seed);
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < reads; i++) {
      int key = random.nextInt(KEYS);
      String value = answer(Commands.get("key-" + key));
      if (value != null && !value.equals("value-" + key)) {
        wrong.add("key-" + key + ": " + value);
      }
    }
    return wrong;
  }

  private String answer(CommandObject<String> command) {
    try {
      return guard.call(command);
    } catch (RedisUnavailable e) {
      return null;
    }
  }

  /** A key whose slot is in the middle of those of a master. */
  private static String keyOf(int master) {
    for (int i = 0; ; i++) {
      if (JedisClusterCRC16.getSlot("probe-" + i) * 3 / 16_384 == master) {
        return "probe-" + i;
      }
    }
  }

  private void move(int slot, int from, int to) {
    String id = nodeId(to);
    for (int master : new int[] {to, from, 3 - from - to}) {
      setSlot(master, slot, "NODE", id);
    }
  }

  private void setSlot(int master, int slot, String what, String node) {
    try (RedisClient redis = RedisClient.create(cluster.masters().get(master).address())) {
      redis.executeCommand(
          new CommandArguments(Command.CLUSTER).add("SETSLOT").add(slot).add(what).add(node));
    }
  }

  private String nodeId(int master) {
    try (RedisClient redis = RedisClient.create(cluster.masters().get(master).address())) {
      return new String(
          (byte[]) redis.executeCommand(new CommandArguments(Command.CLUSTER).add("MYID")), UTF_8);
    }
  }
}
