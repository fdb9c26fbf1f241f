package io.perfkit.db.route;

import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database server: its last known state and the number of its connections in use. Thread safe.
 */
final class Node {
  /**
   * One statement for both roles; {@code CASE} keeps the functions of the other one from running.
   */
  private static final String WHERE =
      """
      SELECT r, CASE WHEN r THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
        CASE WHEN r
          THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
                        (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline)
                         FROM pg_control_checkpoint() c, pg_control_recovery() r))
          ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END
      FROM pg_is_in_recovery() AS r""";

  /** Without it a standby does not show the timeline that it receives. */
  private static final String RIGHT =
      "SELECT current_user, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')";

  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  final String name;
  final DataSource pool;
  final AtomicInteger connectionsOut = new AtomicInteger();
  private volatile @Nullable NodeState state;
  private volatile String missingGrant = "";
  private @Nullable Long notBefore;

  Node(String name, DataSource pool) {
    this.name = name;
    this.pool = pool;
  }

  /** Power of two choices: of two random nodes, the one with fewer connections in use. */
  static Node lighterOfTwo(List<Node> nodes) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    Node one = nodes.get(random.nextInt(nodes.size()));
    Node other = nodes.get(random.nextInt(nodes.size()));
    return one.connectionsOut.get() <= other.connectionsOut.get() ? one : other;
  }

  /** Asks the server. One round trip. */
  static NodeState ask(Connection connection, long now) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(OwnSql.of(WHERE))) {
      row.next();
      String lsn = row.getString(2);
      if (lsn == null) {
        throw new SQLException("the server has replayed nothing yet");
      }
      return new NodeState(row.getBoolean(1), WalPosition.parse(row.getInt(3) + ":" + lsn), now);
    }
  }

  /** Checks the right of the pool's role; one round trip. A missing one is logged once. */
  void checkRight(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(OwnSql.of(RIGHT))) {
      row.next();
      String missing = row.getBoolean(2) ? "" : "GRANT pg_read_all_stats TO " + row.getString(1);
      if (!missing.isEmpty() && missingGrant.isEmpty()) {
        LOG.warn("{}: {}", name, RouterHealth.withoutRight(missing));
      }
      missingGrant = missing;
    }
  }

  /** The statement that grants the right that the pool's role lacks; empty if it lacks none. */
  String missingGrant() {
    return missingGrant;
  }

  /**
   * Records an answer. Ignores one that was requested before the last recorded answer, or before
   * the node was lost: the server may have crashed since and be at an earlier position.
   */
  synchronized void found(NodeState where) {
    if (notBefore == null || where.since() - notBefore >= 0) {
      notBefore = where.since();
      state = where;
    }
  }

  /** Marks the node as gone until it answers again. */
  synchronized void lost(long now) {
    notBefore = now;
    state = null;
  }

  /** The last answer, or null if it is gone. */
  @Nullable NodeState state() {
    return state;
  }

  @Override
  public String toString() {
    return name;
  }
}
