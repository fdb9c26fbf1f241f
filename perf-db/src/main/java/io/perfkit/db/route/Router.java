package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Read/write splitting with read-your-writes: routes the connections of one {@code DataSource} to a
 * PostgreSQL primary and its streaming replicas. Reads go to a replica that has replayed all writes
 * of the session; everything else, and every doubtful statement, goes to the primary. Owns a thread
 * and a connection for each node; the pools stay the caller's. Thread safe.
 *
 * <p>A read goes to a replica if its connection is read-only or was taken inside {@link
 * #reading()}; under {@link RouterConfig.Routing#STATEMENT} also a prepared statement outside a
 * transaction that certainly only reads. A replica is used if it answered within {@link
 * RouterConfig#maxSilence()}, is not further behind than {@link RouterConfig#maxLag()}, and has
 * replayed all writes of the {@link CausalSession}. No connection to a replica ever writes, not
 * even after the replica was promoted.
 */
public abstract sealed class Router implements AutoCloseable
    permits ReplicaRouter, PrimaryOnlyRouter {

  Router() {}

  /**
   * A router with default settings whose replicas are named {@code replica-1}, {@code replica-2}
   * and so on. Starts the threads; until they have reached a replica, reads go to the primary.
   *
   * @param primary the pool of the server that takes writes
   * @param replicas the pools of the replicas that stream from it, one server each
   */
  public static Router create(DataSource primary, DataSource... replicas) {
    Builder builder = builder(primary);
    for (int i = 0; i < replicas.length; i++) {
      builder.replica("replica-" + (i + 1), replicas[i]);
    }
    return builder.build();
  }

  /** A builder; {@code primary} is the pool of the server that takes writes. */
  public static Builder builder(DataSource primary) {
    return new Builder(primary);
  }

  /**
   * A router that always uses the primary: {@link #dataSource()} is {@code primary} itself, so it
   * costs nothing and starts no thread. Its sessions return the token that they were given.
   */
  public static Router disabled(DataSource primary) {
    return new PrimaryOnlyRouter(requireNonNull(primary, "primary"));
  }

  /**
   * The routed {@code DataSource}. A connection borrows a node's connection when its first
   * statement needs it: at most one of the primary and one of a replica until it is closed. JDBC
   * settings apply on each node; a setting by SQL keeps the connection on the primary.
   */
  public abstract DataSource dataSource();

  /** Opens a new session, on this thread until it is closed. */
  public abstract CausalSession session();

  /**
   * Opens a session that continues another one.
   *
   * @param token of {@link CausalSession#token()}, in this process or another one on the same
   *     servers
   * @throws IllegalArgumentException if it is not a token
   */
  public abstract CausalSession session(String token);

  /** Connections taken on this thread until the scope is closed are for reads. */
  public abstract RoutingScope reading();

  /** Connections taken on this thread until the scope is closed lead to the primary. */
  public abstract RoutingScope writing();

  /** Counts of connections by target since the start. Sends no statement. */
  public abstract RouterStats stats();

  /** Health of the nodes, for a health check. Sends no statement. */
  public abstract RouterHealth health();

  /** Ends the threads and their connections. Connections in use stay open. */
  @Override
  public abstract void close();

  /** Collects nodes, collaborators and settings. One thread at a time. */
  public static final class Builder {
    final Node primary;
    final List<Node> replicas = new ArrayList<>();
    RouterConfig config = RouterConfig.defaults();
    String name = "main";
    LongSupplier nanos = System::nanoTime;
    @Nullable MeterRegistry registry;

    private Builder(DataSource primary) {
      this.primary = new Node("primary", requireNonNull(primary, "primary"));
    }

    /**
     * Adds a replica that streams from the primary, directly or by cascading.
     *
     * @param name for meters, health and logs
     * @param pool of this one server, not of a load-balanced endpoint, where one server would
     *     answer the poll for all
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

    /** Tags the meters, and names the threads; default {@code main}. */
    public Builder name(String text) {
      name = requireNonNull(text, "text");
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

    /**
     * Starts the threads. Until they have reached a replica, reads go to the primary.
     *
     * @throws IllegalArgumentException if another router on the meter registry has the name
     */
    public Router build() {
      return new ReplicaRouter(this);
    }
  }
}
