package io.perfkit.redis;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Slots of a command's keys on a Cluster. */
final class Slots {
  private Slots() {}

  /** Empty for a command without a key. */
  static Set<Integer> of(CommandArguments command) {
    List<Object> keys = command.getKeys();
    if (keys.size() == 1) {
      return Set.of(slot(keys.get(0)));
    }
    Set<Integer> slots = new HashSet<>();
    for (Object key : keys) {
      slots.add(slot(key));
    }
    return slots;
  }

  private static int slot(Object key) {
    if (key instanceof byte[] bytes) {
      return JedisClusterCRC16.getSlot(bytes);
    }
    return key instanceof Rawable raw
        ? JedisClusterCRC16.getSlot(raw.getRaw())
        : JedisClusterCRC16.getSlot(key.toString());
  }
}
