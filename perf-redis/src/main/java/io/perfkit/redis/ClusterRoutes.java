package io.perfkit.redis;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.util.Pool;

/**
 * Lanes for each master of a Cluster. The node of a slot is learned slot by slot, since the
 * client's API has no other way to find it: the first command of a slot runs through the client,
 * the following ones through the lanes of the node that the client chose, until one of them fails
 * or is redirected. So a wrong guess costs a redirect, which the client then follows. A command
 * that the client would resend after a failure is sent once ({@link SingleAttempts}). Thread safe.
 */
final class ClusterRoutes implements Routes {
  private final RedisClusterClient redis;
  private final LaneShared shared;
  private final SingleAttempts attempts;
  private final Map<String, Lanes> byNode = new ConcurrentHashMap<>();
  private final AtomicReferenceArray<@Nullable Lanes> bySlot =
      new AtomicReferenceArray<>(Protocol.CLUSTER_HASHSLOTS);

  ClusterRoutes(RedisClusterClient redis, LaneShared shared) {
    this.redis = redis;
    this.shared = shared;
    this.attempts =
        new SingleAttempts(JedisCompatibility.clusterProvider(redis), shared.config().budget());
  }

  @Override
  public @Nullable Lanes lanes(CommandArguments command) {
    Set<Integer> slots = Slots.of(command);
    if (slots.size() > 1) {
      throw new IllegalArgumentException(
          "keys: in different slots (expected: one hash tag for all keys of a command)");
    }
    return slots.isEmpty() ? null : bySlot.get(slots.iterator().next());
  }

  @Override
  public <T extends @Nullable Object> T viaClient(CommandObject<T> command) {
    T reply;
    try {
      reply = attempts.executeCommand(JedisCompatibility.command(redis, command));
    } catch (SingleAttempts.Lost e) {
      throw e.failure();
    }
    for (int slot : Slots.of(command.getArguments())) {
      if (bySlot.get(slot) == null) {
        learn(slot);
      }
    }
    return reply;
  }

  /** Learns the slot's node; if the client does not know it, the next command tries again. */
  private void learn(int slot) {
    HostAndPort node = JedisCompatibility.node(redis, slot);
    if (node != null && redis.getClusterNodes().containsKey(node.toString())) {
      bySlot.set(
          slot, byNode.computeIfAbsent(node.toString(), n -> new Lanes(() -> pool(n), shared)));
    }
  }

  private Pool<Connection> pool(String node) {
    ConnectionPool pool = redis.getClusterNodes().get(node);
    if (pool == null) {
      throw new JedisConnectionException(node + " has left the cluster");
    }
    return pool;
  }

  @Override
  public void forget(CommandArguments command) {
    Slots.of(command).forEach(slot -> bySlot.set(slot, null));
  }

  @Override
  public int maxConnections() {
    return redis.getClusterNodes().values().stream()
        .mapToInt(Pool::getMaxTotal)
        .filter(bound -> bound >= 0)
        .min()
        .orElse(-1);
  }

  @Override
  public List<Lanes> all() {
    return List.copyOf(byNode.values());
  }
}
