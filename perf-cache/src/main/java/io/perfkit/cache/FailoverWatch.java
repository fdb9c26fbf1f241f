package io.perfkit.cache;

import io.perfkit.redis.CommandRejected;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Detects a failover: the primary has another replication id than before, after a failover or a
 * restart. One thread at a time.
 */
final class FailoverWatch {
  private static final Logger LOG = LoggerFactory.getLogger(FailoverWatch.class);
  private static final CommandObject<String> INFO =
      new CommandObject<>(
          new CommandArguments(Command.INFO).add("replication"), BuilderFactory.STRING);
  private static final String ID = "master_replid:";

  private final UnifiedJedis redis;
  private final RedisGuard guard;
  private final LongSupplier nanos;
  private volatile @Nullable Set<String> ids;
  private boolean refusalTold;

  FailoverWatch(UnifiedJedis redis, RedisGuard guard, LongSupplier nanos) {
    this.redis = redis;
    this.guard = guard;
    this.nanos = nanos;
  }

  /** Whether a look was answered. */
  boolean known() {
    return ids != null;
  }

  /** Result of a look. */
  enum Finding {
    /** The servers are those of the last look. */
    SAME,
    /** Some server is another one than at the last look that was answered. */
    CHANGED,
    /** Nobody answered, or this is the first answer. */
    UNKNOWN
  }

  /** When the last look began, on the cache's clock. */
  record Look(Finding finding, long askedNanos) {}

  /** Asks for the primaries' ids. One round trip to each node; on a Cluster it may block longer. */
  Look look() {
    long asked = nanos.getAsLong();
    Set<String> found = new HashSet<>();
    try {
      if (!guard.available()) {
        return new Look(Finding.UNKNOWN, asked);
      }
      if (redis instanceof RedisClusterClient cluster) {
        cluster.getClusterNodes().values().forEach(node -> addId(node, found));
      } else {
        addId(guard.call(INFO), found);
      }
    } catch (CommandRejected e) {
      if (!refusalTold) {
        refusalTold = true;
        LOG.warn("INFO is refused, so no failover is noticed: {}", e.toString());
      }
    } catch (RedisException e) {
      LOG.debug("Who the primary is is not known", e);
    }
    if (found.isEmpty()) {
      return new Look(Finding.UNKNOWN, asked);
    }
    boolean first = ids == null;
    boolean same = found.equals(ids);
    ids = found;
    return new Look(first ? Finding.UNKNOWN : same ? Finding.SAME : Finding.CHANGED, asked);
  }

  /**
   * Asks a node without the guard, whose breaker would open for the whole Cluster because one node
   * is silent. A node without an answer is missing, which counts as a change, as its next answer
   * does.
   */
  private static void addId(ConnectionPool node, Set<String> found) {
    try (Connection connection = node.getResource()) {
      addId(connection.executeCommand(INFO), found);
    } catch (JedisException e) {
      LOG.debug("A node did not name its primary", e);
    }
  }

  private static void addId(String info, Set<String> found) {
    info.lines().filter(line -> line.startsWith(ID)).map(String::trim).forEach(found::add);
  }
}
