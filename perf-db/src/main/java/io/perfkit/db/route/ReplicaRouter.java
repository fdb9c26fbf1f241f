package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The router over a primary and its replicas. Thread safe. */
final class ReplicaRouter extends Router {

  /** Where a connection may lead, by the scope in which it was taken. */
  enum Intent {
    ANY,
    READ,
    WRITE
  }

  /** What the thread has opened. */
  private record Bound(Intent intent, @Nullable ReadYourWrites ownWrites) {
    static final Bound NOTHING = new Bound(Intent.ANY, null);
  }

  private final Node primary;
  private final List<Node> replicas;
  private final RouterConfig config;
  private final LongSupplier nanos;
  private final PrimaryHistory positions;
  private final Semaphore fallback;
  private final RouteCounts counts = new RouteCounts();
  private final @Nullable RouteMeters meters;
  private final List<NodePoller> watches = new ArrayList<>();
  private final ThreadLocal<Bound> bound = ThreadLocal.withInitial(() -> Bound.NOTHING);
  private final RoutedDataSource dataSource = new RoutedDataSource(this);

  /**
   * The servers' sessions that were told to write nothing; they live as long as they are pooled.
   */
  private final Map<Connection, Boolean> readOnlyForced =
      Collections.synchronizedMap(new WeakHashMap<>());

  ReplicaRouter(Builder builder) {
    this.primary = builder.primary;
    this.replicas = List.copyOf(builder.replicas);
    this.config = builder.config;
    this.nanos = builder.nanos;
    this.positions =
        new PrimaryHistory((int) (config.maxLag().toMillis() / config.pollEvery().toMillis()) + 2);
    this.fallback = new Semaphore(config.maxFallbackReads());
    this.meters =
        builder.registry == null
            ? null
            : new RouteMeters(builder.registry, builder.name, this, counts);
    watches.add(new NodePoller(builder.name, primary, config, nanos, this::foundPrimary));
    replicas.forEach(
        replica -> watches.add(new NodePoller(builder.name, replica, config, nanos, Node::found)));
  }

  @Override
  public DataSource dataSource() {
    return dataSource;
  }

  @Override
  public CausalSession session() {
    return bind(new ReadYourWrites(null));
  }

  @Override
  public CausalSession session(String token) {
    return bind(new ReadYourWrites(WalPosition.parse(requireNonNull(token, "token"))));
  }

  @Override
  public RoutingScope reading() {
    return bind(Intent.READ);
  }

  @Override
  public RoutingScope writing() {
    return bind(Intent.WRITE);
  }

  @Override
  public RouterStats stats() {
    return new RouterStats(
        counts.primary.sum(), counts.replica.sum(), counts.fallback.sum(), counts.refused.sum());
  }

  @Override
  public RouterHealth health() {
    long now = nanos.getAsLong();
    return new RouterHealth(
        isHeard(primary.state(), now),
        replicas.stream()
            .map(node -> new RouterHealth.Replica(node.name, isUsable(node, now), lag(node)))
            .toList());
  }

  @Override
  public void close() {
    watches.forEach(NodePoller::close);
    if (meters != null) {
      meters.close();
    }
  }

  @Override
  public String toString() {
    return "Router[" + primary + ", " + replicas + "]";
  }

  boolean routesStatements() {
    return config.routing() == RouterConfig.Routing.STATEMENT;
  }

  Connection connection() {
    Bound now = bound.get();
    return RoutedConnection.open(this, now.intent(), now.ownWrites());
  }

  Lease leasePrimary(@Nullable ReadYourWrites ownWrites) throws SQLException {
    Connection connection = primary.pool.getConnection();
    counts.primary.increment();
    if (ownWrites == null) {
      return new Lease(primary, false, connection, () -> {}, () -> {});
    }
    ownWrites.writing();
    return new Lease(
        primary,
        false,
        connection,
        () -> ownWrites.wrote(nanos.getAsLong()),
        () -> ownWrites.wroteLast(nanos.getAsLong()));
  }

  /**
   * A connection to read on: of a replica if one will do.
   *
   * @throws SQLTransientConnectionException if no replica can be used and as many reads as may are
   *     on the primary already
   */
  Lease leaseReader(@Nullable ReadYourWrites ownWrites) throws SQLException {
    List<Node> usable = new ArrayList<>(usable());
    boolean none = usable.isEmpty();
    usable.removeIf(node -> !isSeenAt(node, ownWrites));
    while (!usable.isEmpty()) {
      Node replica = Node.lighterOfTwo(usable);
      try {
        return leaseReplica(replica);
      } catch (SQLException gone) {
        replica.lost(); // until it can be asked again
        usable.remove(replica);
        none = usable.isEmpty();
      }
    }
    return leaseFallback(none);
  }

  /** A connection to read on, where everything is seen. */
  Lease leaseReaderOnPrimary() throws SQLException {
    return leaseFallback(false);
  }

  /** Whether a session that reads on this connection sees its own writes. */
  boolean seesAll(Lease lease, @Nullable ReadYourWrites ownWrites) {
    return lease.node() == primary || isSeenAt(lease.node(), ownWrites);
  }

  private Lease leaseReplica(Node replica) throws SQLException {
    Connection connection = replica.pool.getConnection();
    try {
      forceReadOnly(connection);
    } catch (SQLException failure) {
      connection.close();
      throw failure;
    }
    counts.replica.increment();
    replica.leases.incrementAndGet();
    return new Lease(replica, true, connection, () -> {}, replica.leases::decrementAndGet);
  }

  /** A read that a replica should have served. */
  private Lease leaseFallback(boolean outage) throws SQLException {
    if (outage && !fallback.tryAcquire()) {
      counts.refused.increment();
      throw new SQLTransientConnectionException(
          "no replica can be used, and %d reads are on the primary already (RouterConfig.maxFallbackReads)"
              .formatted(config.maxFallbackReads()),
          "08001");
    }
    try {
      Connection connection = primary.pool.getConnection();
      counts.fallback.increment();
      return new Lease(primary, true, connection, () -> {}, outage ? fallback::release : () -> {});
    } catch (SQLException | RuntimeException failure) {
      if (outage) {
        fallback.release();
      }
      throw failure;
    }
  }

  /**
   * Tells the server's session to write nothing. A replica can't, but it may be promoted while the
   * connection is out. One round trip, the first time that a connection is used.
   */
  private void forceReadOnly(Connection connection) throws SQLException {
    Connection physical = connection.unwrap(Connection.class);
    if (!readOnlyForced.containsKey(physical)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(OwnSql.of("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"));
      }
      readOnlyForced.put(physical, true);
    }
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

  private void foundPrimary(Node node, NodeState state) {
    if (state.replica()) {
      node.lost(); // a pool that leads to no primary
    } else {
      node.found(state);
      positions.add(state);
    }
  }

  /** Finds out where a session's writes end, if that is not known. */
  void place(ReadYourWrites ownWrites) throws SQLException {
    positions.newest().ifPresent(ownWrites::place);
    if (ownWrites.isUnplaced()) {
      try (Connection connection = primary.pool.getConnection()) {
        ownWrites.place(Node.ask(connection, nanos.getAsLong()));
      }
    }
  }

  private CausalSession bind(ReadYourWrites ownWrites) {
    Bound before = bound.get();
    bound.set(new Bound(before.intent(), ownWrites));
    return new CausalSession(ownWrites, this::place, () -> bound.set(before));
  }

  private RoutingScope bind(Intent intent) {
    Bound before = bound.get();
    bound.set(new Bound(intent, before.ownWrites()));
    return () -> bound.set(before);
  }

  /**
   * A node's connection while it is out.
   *
   * @param reads whether it was taken to read, on whatever node
   * @param ended to be told when a transaction on it has ended
   * @param back to be told when it is back
   */
  record Lease(Node node, boolean reads, Connection connection, Runnable ended, Runnable back)
      implements AutoCloseable {
    @Override
    public void close() throws SQLException {
      try {
        connection.close();
      } finally {
        back.run();
      }
    }

    @Override
    public String toString() {
      return node.name;
    }
  }
}
