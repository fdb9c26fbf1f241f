package io.perfkit.db.route;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the node of each connection: a replica that has replayed the session's writes and is
 * within the allowed lag, or the primary. Thread safe.
 */
final class NodeSelector {
  private static final @Nullable Class<?> DRIVERS_CONNECTION = driversConnection();

  private static final Duration CATALOG_TIMEOUT = Duration.ofSeconds(10);

  private final Node primary;
  private final List<Node> replicas;
  private final RouterConfig config;
  private final LongSupplier nanos;
  private final RouteCounts counts;
  private final PrimaryHistory positions;
  private final Semaphore fallback;

  /** Server sessions whose position was checked. */
  private final Map<Object, Boolean> knownSessions =
      Collections.synchronizedMap(new WeakHashMap<>());

  private volatile @Nullable RouteCatalog catalog;
  private volatile @Nullable Integer defaultIsolation;

  NodeSelector(
      Node primary,
      List<Node> replicas,
      RouterConfig config,
      RouteCounts counts,
      LongSupplier nanos) {
    this.primary = primary;
    this.replicas = List.copyOf(replicas);
    this.config = config;
    this.counts = counts;
    this.nanos = nanos;
    this.positions =
        new PrimaryHistory((int) (config.maxLag().toMillis() / config.pollEvery().toMillis()) + 2);
    this.fallback = new Semaphore(config.maxFallbackReads());
  }

  /** Health of the nodes. */
  RouterHealth health() {
    long now = nanos.getAsLong();
    return new RouterHealth(
        isHeard(primary.state(), now),
        replicas.stream()
            .map(
                node ->
                    new RouterHealth.Replica(
                        node.name, isUsable(node, now), lag(node), node.missingGrant()))
            .toList());
  }

  boolean routesStatements() {
    return config.routing() == RouterConfig.Routing.STATEMENT;
  }

  NodeConnection takePrimary(@Nullable ReadYourWrites ownWrites) throws SQLException {
    Connection connection = primary.pool.getConnection();
    counts.primary.increment();
    if (ownWrites == null) {
      return new NodeConnection(primary, false, connection, () -> {}, () -> {});
    }
    ownWrites.writing();
    return new NodeConnection(
        primary,
        false,
        connection,
        () -> ownWrites.wrote(nanos.getAsLong()),
        () -> ownWrites.wroteLast(nanos.getAsLong()));
  }

  /**
   * Takes a connection for reads, to a replica if one is eligible.
   *
   * @throws SQLTransientConnectionException if no replica is usable and the primary already serves
   *     as many reads as it may
   */
  NodeConnection takeReader(@Nullable ReadYourWrites ownWrites) throws SQLException {
    List<Node> usable = new ArrayList<>(usable());
    boolean none = usable.isEmpty();
    usable.removeIf(node -> !isSeenAt(node, ownWrites));
    while (!usable.isEmpty()) {
      Node replica = Node.lighterOfTwo(usable);
      try {
        Optional<NodeConnection> taken = takeReplica(replica, ownWrites);
        if (taken.isPresent()) {
          return taken.get();
        }
      } catch (SQLException gone) {
        replica.lost(nanos.getAsLong()); // until it can be asked again
      }
      usable.remove(replica);
      none = usable().isEmpty();
    }
    return takeFallback(none);
  }

  /** Takes a connection for reads on the primary, which sees everything. */
  NodeConnection takeReaderOnPrimary() throws SQLException {
    return takeFallback(false);
  }

  boolean isPrimary(NodeConnection taken) {
    return taken.node() == primary;
  }

  /** Whether a read that begins now may run there: it sees its session's writes, within the lag. */
  boolean mayRead(NodeConnection taken, @Nullable ReadYourWrites ownWrites) {
    return isPrimary(taken)
        || (isUsable(taken.node(), nanos.getAsLong()) && isSeenAt(taken.node(), ownWrites));
  }

  /**
   * Takes a connection to a replica. A crashed server restarts at an earlier position than it last
   * reported, and then every connection is new: so a new connection is asked for its position
   * before it serves.
   *
   * @return empty if the position is not far enough
   */
  private Optional<NodeConnection> takeReplica(Node replica, @Nullable ReadYourWrites ownWrites)
      throws SQLException {
    Connection connection = replica.pool.getConnection();
    boolean fit = false;
    try {
      Object server = serverSession(connection);
      if (!knownSessions.containsKey(server)) {
        replica.found(Node.ask(connection, nanos.getAsLong()));
        knownSessions.put(server, true);
      }
      fit = isUsable(replica, nanos.getAsLong()) && isSeenAt(replica, ownWrites);
    } finally {
      if (!fit) {
        connection.close();
      }
    }
    if (!fit) {
      return Optional.empty();
    }
    counts.replica.increment();
    replica.connectionsOut.incrementAndGet();
    return Optional.of(
        new NodeConnection(
            replica, true, connection, () -> {}, replica.connectionsOut::decrementAndGet));
  }

  /** Takes a connection to the primary for a read that a replica should have served. */
  private NodeConnection takeFallback(boolean outage) throws SQLException {
    if (outage && !fallback.tryAcquire()) {
      counts.refused.increment();
      throw new SQLTransientConnectionException(
          String.format(
              Locale.ROOT,
              "no replica can be used, and %d reads are on the primary already (RouterConfig.maxFallbackReads)",
              config.maxFallbackReads()),
          "08001");
    }
    try {
      Connection connection = primary.pool.getConnection();
      counts.fallback.increment();
      return new NodeConnection(
          primary, true, connection, () -> {}, outage ? fallback::release : () -> {});
    } catch (SQLException | RuntimeException failure) {
      if (outage) {
        fallback.release();
      }
      throw failure;
    }
  }

  /** The driver's connection, which lives as long as the session on the server. */
  private static Object serverSession(Connection connection) throws SQLException {
    return DRIVERS_CONNECTION != null && connection.isWrapperFor(DRIVERS_CONNECTION)
        ? connection.unwrap(DRIVERS_CONNECTION)
        : connection.unwrap(Connection.class);
  }

  private static @Nullable Class<?> driversConnection() {
    try {
      return Class.forName("org.postgresql.PGConnection");
    } catch (ClassNotFoundException another) {
      return null;
    }
  }

  /** Whether a statement on a read-only connection certainly only reads, and sets nothing. */
  boolean onlyReads(String sql, boolean inTransaction) {
    RouteCatalog known = catalog;
    return known != null && ReadOnlySql.testWhereReadingIsMeant(sql, known, inTransaction);
  }

  /** The same for a statement on any connection. */
  boolean certainlyOnlyReads(String sql) {
    RouteCatalog known = catalog;
    return known != null && ReadOnlySql.test(sql, known.wellKnown());
  }

  /** Isolation of a connection on which none was set, once it is known. */
  Optional<Integer> defaultIsolation() {
    return Optional.ofNullable(defaultIsolation);
  }

  /** Reads the primary's catalog; once for each connection of its poller. */
  void connected(Connection connection) throws SQLException {
    int timeout = connection.getNetworkTimeout();
    connection.setNetworkTimeout(Runnable::run, (int) CATALOG_TIMEOUT.toMillis());
    defaultIsolation = connection.getTransactionIsolation();
    catalog = RouteCatalog.read(connection);
    connection.setNetworkTimeout(Runnable::run, timeout);
  }

  private List<Node> usable() {
    long now = nanos.getAsLong();
    return replicas.stream().filter(node -> isUsable(node, now)).toList();
  }

  private boolean isUsable(Node replica, long now) {
    return isHeard(replica.state(), now)
        && lag(replica).filter(lag -> lag.compareTo(config.maxLag()) <= 0).isPresent();
  }

  private boolean isHeard(@Nullable NodeState state, long now) {
    return state != null && now - state.since() <= config.maxSilence().toNanos();
  }

  private Optional<Duration> lag(Node replica) {
    NodeState state = replica.state();
    return state == null || !state.replica() ? Optional.empty() : positions.lag(state.position());
  }

  private boolean isSeenAt(Node replica, @Nullable ReadYourWrites ownWrites) {
    NodeState state = replica.state();
    return state != null
        && (ownWrites == null || ownWrites.isSeenAt(state.position(), positions.newest()));
  }

  /** Records the primary's state. */
  void foundPrimary(Node node, NodeState state) {
    if (state.replica()) {
      node.lost(nanos.getAsLong()); // a pool that leads to no primary
    } else {
      node.found(state);
      positions.add(state);
    }
  }

  /** Finds the WAL position after a session's writes, if it is not known. */
  void place(ReadYourWrites ownWrites) throws SQLException {
    positions.newest().ifPresent(ownWrites::place);
    if (ownWrites.isUnplaced()) {
      try (Connection connection = primary.pool.getConnection()) {
        ownWrites.place(Node.ask(connection, nanos.getAsLong()));
      }
    }
  }
}
