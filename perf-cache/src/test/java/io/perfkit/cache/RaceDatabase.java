package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;

/**
 * The versions of a few keys, and when each node had told of each change, in a Redis that all JVMs
 * reach. Times are those of {@link System#nanoTime}, which on Linux is one clock for all processes
 * of a machine.
 */
final class RaceDatabase {
  static final int KEYS = 20;
  private static final int LOOKED_AHEAD = 8;

  private final RedisClient redis;
  private final String versions;
  private final String told;
  private final String intents;
  private final String node;

  RaceDatabase(RedisClient redis, String prefix, String node) {
    this.redis = redis;
    this.versions = "database:" + prefix + ":versions";
    this.told = "database:" + prefix + ":told";
    this.intents = "database:" + prefix + ":intents";
    this.node = node;
  }

  static List<Integer> group(int group) {
    return IntStream.range(0, KEYS).filter(key -> key % RaceNode.GROUPS == group).boxed().toList();
  }

  long version(int key) {
    String version = redis.hget(versions, Integer.toString(key));
    return version == null ? 0 : Long.parseLong(version);
  }

  /** Committed with the change, as the entry of an outbox is: who dies now leaves it behind. */
  void intend(List<Integer> keys) {
    redis.hset(intents, node, keys.stream().map(String::valueOf).collect(Collectors.joining(" ")));
  }

  List<Long> commit(List<Integer> keys) {
    List<Long> committed = new ArrayList<>();
    keys.forEach(key -> committed.add(redis.hincrBy(versions, Integer.toString(key), 1)));
    return committed;
  }

  /** Every node has been told of these versions by {@code nanos}. */
  void told(List<Integer> keys, List<Long> committed, long nanos) {
    Map<String, String> times = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      times.put(keys.get(i) + ":" + committed.get(i), Long.toString(nanos));
    }
    redis.hset(told, times);
    redis.hdel(intents, node);
  }

  /** Keys that a node changed and did not live to tell of. */
  List<Integer> intentsOf(String dead) {
    String keys = redis.hget(intents, dead);
    return keys == null || keys.isEmpty()
        ? List.of()
        : Arrays.stream(keys.split(" ", -1)).map(Integer::valueOf).toList();
  }

  /** Null unless a later version than this one had been told before {@code nanos}. */
  @Nullable String tooLate(int key, long version, long nanos) {
    String[] later =
        IntStream.rangeClosed(1, LOOKED_AHEAD)
            .mapToObj(ahead -> key + ":" + (version + ahead))
            .toArray(String[]::new);
    List<String> times = redis.hmget(told, later);
    for (int i = 0; i < later.length; i++) {
      String time = times.get(i);
      if (time != null && Long.parseLong(time) - nanos < 0) {
        return "version %d of key %d though %s was told %d ms before the bound"
            .formatted(version, key, later[i], NANOSECONDS.toMillis(nanos - Long.parseLong(time)));
      }
    }
    return null;
  }
}
