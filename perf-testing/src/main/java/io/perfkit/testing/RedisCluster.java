package io.perfkit.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/**
 * A Redis Cluster of three masters without replicas, each with a third of the slots: processes on
 * free loopback ports that end with this JVM. Needs no JUnit. One thread at a time.
 *
 * <p>A master that is killed and restarted comes back with its slots and without its keys.
 */
public final class RedisCluster implements AutoCloseable {
  private static final int MASTERS = 3;
  private static final int SLOTS = 16_384;
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final List<String> OPTIONS =
      List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "5000");

  private final List<RedisProcess> masters = new ArrayList<>();

  private RedisCluster() {}

  /**
   * Starts the masters and blocks until each of them says that the cluster is up. That takes two to
   * three seconds: a Redis master waits that long before it joins.
   *
   * @throws IllegalStateException if they do not come up
   */
  public static RedisCluster start() {
    RedisCluster cluster = new RedisCluster();
    try {
      for (int i = 0; i < MASTERS; i++) {
        cluster.masters.add(RedisProcess.start(OPTIONS));
      }
      cluster.join();
      return cluster;
    } catch (RuntimeException failed) {
      cluster.close();
      throw failed;
    }
  }

  /** The addresses of all masters, for a cluster client to begin with. */
  public Set<HostAndPort> nodes() {
    Set<HostAndPort> nodes = new LinkedHashSet<>();
    masters.forEach(master -> nodes.add(master.address()));
    return nodes;
  }

  /** The masters, in the order of their slots. */
  public List<RedisProcess> masters() {
    return List.copyOf(masters);
  }

  /** Kills all processes. A second call does nothing. */
  @Override
  public void close() {
    masters.forEach(RedisProcess::close);
  }

  private void join() {
    for (int i = 0; i < MASTERS; i++) {
      try (Jedis jedis = masters.get(i).connect()) {
        // Epochs that differ from the start need not be settled between the masters.
        jedis.clusterSetConfigEpoch(i + 1);
        jedis.clusterAddSlots(IntStream.range(firstSlot(i), firstSlot(i + 1)).toArray());
        for (RedisProcess other : masters.subList(0, i)) {
          jedis.clusterMeet(other.address().getHost(), other.address().getPort());
        }
      }
    }
    for (RedisProcess master : masters) {
      awaitUp(master);
    }
  }

  private static int firstSlot(int master) {
    return SLOTS * master / MASTERS;
  }

  private static void awaitUp(RedisProcess master) {
    try (Jedis jedis = master.connect()) {
      if (!Await.holdsWithin(DEADLINE, () -> isUp(jedis.clusterInfo()))) {
        throw new IllegalStateException(
            "cluster not up within " + DEADLINE + " at " + master + ":\n" + jedis.clusterInfo());
      }
    }
  }

  private static boolean isUp(String clusterInfo) {
    List<String> facts = clusterInfo.lines().toList();
    return facts.contains("cluster_state:ok") && facts.contains("cluster_size:" + MASTERS);
  }
}
