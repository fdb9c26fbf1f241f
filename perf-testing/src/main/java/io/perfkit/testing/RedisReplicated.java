package io.perfkit.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/**
 * A Redis primary with one replica and, on demand, sentinels that fail over between them: processes
 * on free loopback ports that end with this JVM. Needs no JUnit. One thread at a time.
 *
 * <p>A sentinel treats the primary as down when it has not answered for three seconds, and one
 * sentinel is a quorum; from {@code kill -9} to the new primary it takes four to six seconds.
 */
public final class RedisReplicated implements AutoCloseable {
  private static final String MASTER_NAME = "primary";
  private static final int QUORUM = 1;

  /**
   * A sentinel that itself stood still for more than two seconds blames nobody. So a machine that
   * stands still for a while causes no failover.
   */
  private static final Map<String, String> FAST_FAILOVER =
      Map.of("down-after-milliseconds", "3000", "failover-timeout", "2000");

  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final RedisProcess primary;
  private final RedisProcess replica;
  private final List<RedisProcess> sentinels = new ArrayList<>();

  private RedisReplicated(RedisProcess primary, RedisProcess replica) {
    this.primary = primary;
    this.replica = replica;
  }

  /**
   * Starts both and blocks until the replica follows the primary, about a second.
   *
   * @throws IllegalStateException if they do not come up
   */
  public static RedisReplicated start() {
    RedisProcess primary = RedisProcess.start(List.of("--repl-diskless-sync-delay", "0"));
    try {
      String port = Integer.toString(primary.address().getPort());
      RedisProcess replica =
          RedisProcess.start(List.of("--replicaof", primary.address().getHost(), port));
      RedisReplicated both = new RedisReplicated(primary, replica);
      both.awaitInfo(replica, "replication", "master_link_status:up");
      return both;
    } catch (RuntimeException failed) {
      primary.close();
      throw failed;
    }
  }

  /** The server that was started as the primary; after a failover it is dead or a replica. */
  public RedisProcess primary() {
    return primary;
  }

  /** The server that was started as the replica; after a failover it is the primary. */
  public RedisProcess replica() {
    return replica;
  }

  /**
   * Starts a sentinel and blocks until it knows primary and replica, so that it could fail over.
   *
   * @return its address; its name for the pair is {@link #masterName}
   * @throws IllegalStateException if it does not come up
   */
  public HostAndPort startSentinel() {
    RedisProcess sentinel = RedisProcess.start(List.of("--sentinel"));
    sentinels.add(sentinel);
    try (Jedis jedis = sentinel.connect()) {
      HostAndPort watched = primary.address();
      jedis.sentinelMonitor(MASTER_NAME, watched.getHost(), watched.getPort(), QUORUM);
      jedis.sentinelSet(MASTER_NAME, FAST_FAILOVER);
    }
    awaitInfo(sentinel, "sentinel", "slaves=1");
    return sentinel.address();
  }

  /** The name under which sentinels watch the primary. */
  public String masterName() {
    return MASTER_NAME;
  }

  /** Kills all processes. A second call does nothing. */
  @Override
  public void close() {
    sentinels.forEach(RedisProcess::close);
    replica.close();
    primary.close();
  }

  private void awaitInfo(RedisProcess server, String section, String fact) {
    try (Jedis jedis = server.connect()) {
      if (!Await.holdsWithin(DEADLINE, () -> jedis.info(section).contains(fact))) {
        close();
        throw new IllegalStateException("not within " + DEADLINE + ": " + fact + " at " + server);
      }
    }
  }
}
