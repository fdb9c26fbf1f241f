package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
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

/**
 * Leads the connections of one {@code DataSource} to a PostgreSQL primary and its streaming
 * replicas: reads to a replica that has all that the session wrote, everything else, and all in
 * doubt, to the primary. Owns a thread and a connection for each node; the pools stay the caller's.
 * Thread safe.
 *
 * <p>A read goes to a replica if its connection is read-only or was taken inside {@link
 * #reading()}; under {@link RouterConfig.Routing#STATEMENT} also a prepared statement outside of a
 * transaction that certainly only reads. A replica is used if it answered lately, is not further
 * behind than {@link RouterConfig#maxLag()}, and has replayed all writes of the {@link Session}. No
 * connection to a replica ever writes, not even after the replica was promoted.
 */
public final class Router implements AutoCloseable {

  /** Where a connection may lead, by the scope in which it was taken. */
  enum Intent {
    ANY,
    READ,
    WRITE
  }

  /** What the thread has opened. */
  private record Bound(Intent intent, @Nullable Horizon horizon) {
    static final Bound NOTHING = new Bound(Intent.ANY, null);
  }

  private final Node primary;
  private final List<Node> replicas;
  private final RouterConfig config;
  private final LongSupplier nanos;
  private final Positions positions;
  private final Semaphore fallback;
  private final RouteCounts counts = new RouteCounts();
  private final @Nullable RouteMeters meters;
  private final List<Watch> watches = new ArrayList<>();
  private final ThreadLocal<Bound> bound = ThreadLocal.withInitial(() -> Bound.NOTHING);
  private final RoutedDataSource dataSource = new RoutedDataSource(this);

  /**
   * The servers' sessions that were told to write nothing; they live as long as they are pooled.
   */
  private final Map<Connection, Boolean> tamed = Collections.synchronizedMap(new WeakHashMap<>());

  private Router(Builder builder) {
    this.primary = builder.primary;
    this.replicas = List.copyOf(builder.replicas);
    this.config = builder.config;
    this.nanos = builder.nanos;
    this.positions =
        new Positions((int) (config.maxLag().toMillis() / config.pollEvery().toMillis()) + 2);
    this.fallback = new Semaphore(config.fallbackMax());
    this.meters = builder.registry == null ? null : new RouteMeters(builder.registry, this, counts);
    watches.add(new Watch(primary, config, nanos, this::foundPrimary));
    replicas.forEach(replica -> watches.add(new Watch(replica, config, nanos, Node::found)));
  }

  /** A builder; {@code primary} is the pool of the server that takes writes. */
  public static Builder builder(DataSource primary) {
    return new Builder(primary);
  }

  /**
   * What the host uses. A connection takes one of a node when its first statement needs it: at most
   * one of the primary and one of a replica until it is closed. A statement's {@code
   * getConnection()} is that of the node.
   */
  public DataSource dataSource() {
    return dataSource;
  }

  /** A session that has written nothing yet, on this thread until it is closed. */
  public Session session() {
    return bind(new Horizon(null));
  }

  /**
   * A session that goes on where another one stood.
   *
   * @param token of {@link Session#token()}, in this process or another one on the same servers
   * @throws IllegalArgumentException if it is none
   */
  public Session session(String token) {
    return bind(new Horizon(Position.parse(requireNonNull(token, "token"))));
  }

  /** Connections taken on this thread until it is closed only read. */
  public Scope reading() {
    return bind(Intent.READ);
  }

  /** Connections taken on this thread until it is closed lead to the primary. */
  public Scope writing() {
    return bind(Intent.WRITE);
  }

  /** How the nodes stand. Costs nothing; for a health check. */
  public RouterHealth health() {
    long now = nanos.getAsLong();
    return new RouterHealth(
        isHeard(primary.standing(), now),
        replicas.stream()
            .map(node -> new RouterHealth.Replica(node.name, isUsable(node, now), lag(node)))
            .toList());
  }

  /** Ends the threads and their connections. Connections that are out stay. */
  @Override
  public void close() {
    watches.forEach(Watch::close);
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
    return RoutedConnection.open(this, now.intent(), now.horizon());
  }

  Lease leasePrimary(@Nullable Horizon horizon) throws SQLException {
    Connection connection = primary.pool.getConnection();
    counts.primary.increment();
    if (horizon == null) {
      return new Lease(primary, false, connection, () -> {}, () -> {});
    }
    horizon.writing();
    return new Lease(
        primary,
        false,
        connection,
        () -> horizon.wrote(nanos.getAsLong()),
        () -> horizon.wroteLast(nanos.getAsLong()));
  }

  /**
   * A connection to read on: of a replica if one will do.
   *
   * @throws SQLTransientConnectionException if no replica can be used and as many reads as may are
   *     on the primary already
   */
  Lease leaseReader(@Nullable Horizon horizon) throws SQLException {
    List<Node> usable = new ArrayList<>(usable());
    boolean none = usable.isEmpty();
    usable.removeIf(node -> !isSeenAt(node, horizon));
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
  boolean seesAll(Lease lease, @Nullable Horizon horizon) {
    return lease.node() == primary || isSeenAt(lease.node(), horizon);
  }

  private Lease leaseReplica(Node replica) throws SQLException {
    Connection connection = replica.pool.getConnection();
    try {
      tame(connection);
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
          "no replica can be used, and %d reads are on the primary already (RouterConfig.fallbackMax)"
              .formatted(config.fallbackMax()),
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
  private void tame(Connection connection) throws SQLException {
    Connection physical = connection.unwrap(Connection.class);
    if (!tamed.containsKey(physical)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
      }
      tamed.put(physical, true);
    }
  }

  private List<Node> usable() {
    long now = nanos.getAsLong();
    return replicas.stream().filter(node -> isUsable(node, now)).toList();
  }

  private boolean isUsable(Node replica, long now) {
    return isHeard(replica.standing(), now)
        && lag(replica).filter(lag -> lag.compareTo(config.maxLag()) <= 0).isPresent();
  }

  private boolean isHeard(Node.@Nullable Standing standing, long now) {
    return standing != null && now - standing.since() <= config.silenceMax().toNanos();
  }

  private Optional<Duration> lag(Node replica) {
    Node.Standing standing = replica.standing();
    return standing == null || !standing.replica()
        ? Optional.empty()
        : positions.lag(standing.position());
  }

  private boolean isSeenAt(Node replica, @Nullable Horizon horizon) {
    Node.Standing standing = replica.standing();
    return standing != null
        && (horizon == null || horizon.isSeenAt(standing.position(), positions.newest()));
  }

  private void foundPrimary(Node node, Node.Standing standing) {
    if (standing.replica()) {
      node.lost(); // a pool that leads to no primary
    } else {
      node.found(standing);
      positions.add(standing);
    }
  }

  /** Finds out where a session's writes end, if that is not known. */
  void place(Horizon horizon) throws SQLException {
    positions.newest().ifPresent(horizon::place);
    if (horizon.isUnplaced()) {
      try (Connection connection = primary.pool.getConnection()) {
        horizon.place(Node.ask(connection, nanos.getAsLong()));
      }
    }
  }

  private Session bind(Horizon horizon) {
    Bound before = bound.get();
    bound.set(new Bound(before.intent(), horizon));
    return new Session(this, horizon, () -> bound.set(before));
  }

  private Scope bind(Intent intent) {
    Bound before = bound.get();
    bound.set(new Bound(intent, before.horizon()));
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

  /** Collects nodes, collaborators and settings. One thread at a time. */
  public static final class Builder {
    private final Node primary;
    private final List<Node> replicas = new ArrayList<>();
    private RouterConfig config = RouterConfig.defaults();
    private LongSupplier nanos = System::nanoTime;
    private @Nullable MeterRegistry registry;

    private Builder(DataSource primary) {
      this.primary = new Node("primary", requireNonNull(primary, "primary"));
    }

    /**
     * A replica that streams from the primary, directly or not.
     *
     * @param name for meters, health and logs
     * @throws IllegalArgumentException if the name is taken
     */
    public Builder replica(String name, DataSource pool) {
      if (name.equals(primary.name) || replicas.stream().anyMatch(node -> node.name.equals(name))) {
        throw new IllegalArgumentException("name: '" + name + "' (expected: one not taken yet)");
      }
      replicas.add(new Node(name, requireNonNull(pool, "pool")));
      return this;
    }

    /** Default {@link RouterConfig#defaults()}. */
    public Builder config(RouterConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /** Where the meters are registered until the router is closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    Builder nanos(LongSupplier clock) {
      nanos = clock;
      return this;
    }

    /** Starts the threads. Until they have found a replica, reads go to the primary. */
    public Router build() {
      return new Router(this);
    }
  }
}
