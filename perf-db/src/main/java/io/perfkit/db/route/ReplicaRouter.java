package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The router for a primary and its replicas. Thread safe. */
final class ReplicaRouter extends Router {
  /** The scopes and session that the thread has opened. */
  private record Bound(RouteIntent intent, @Nullable ReadYourWrites ownWrites) {
    static final Bound NOTHING = new Bound(RouteIntent.ANY, null);
  }

  private final Node primary;
  private final List<Node> replicas;
  private final LongSupplier nanos;
  private final NodeSelector selector;
  private final RouteCounts counts = new RouteCounts();
  private final @Nullable RouteMeters meters;
  private final List<NodePoller> pollers = new ArrayList<>();
  private final ThreadLocal<Bound> bound = ThreadLocal.withInitial(() -> Bound.NOTHING);
  private final RoutedDataSource dataSource = new RoutedDataSource(this::connection);

  ReplicaRouter(Builder builder) {
    this.primary = builder.primary;
    this.replicas = List.copyOf(builder.replicas);
    this.nanos = builder.nanos;
    this.selector = new NodeSelector(primary, replicas, builder.config, counts, builder.nanos);
    this.meters =
        builder.registry == null
            ? null
            : new RouteMeters(builder.registry, builder.name, selector, counts);
    pollers.add(
        new NodePoller(
            builder.name,
            primary,
            builder.config,
            builder.nanos,
            selector::connected,
            selector::foundPrimary));
    replicas.forEach(
        replica ->
            pollers.add(
                new NodePoller(
                    builder.name,
                    replica,
                    builder.config,
                    builder.nanos,
                    replica::checkRight,
                    Node::found)));
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
    return bind(RouteIntent.READ);
  }

  @Override
  public RoutingScope writing() {
    return bind(RouteIntent.WRITE);
  }

  @Override
  public RouterStats stats() {
    return new RouterStats(
        counts.primary.sum(), counts.replica.sum(), counts.fallback.sum(), counts.refused.sum());
  }

  @Override
  public RouterHealth health() {
    return selector.health();
  }

  @Override
  public void close() {
    pollers.forEach(NodePoller::close);
    if (meters != null) {
      meters.close();
    }
  }

  @Override
  public String toString() {
    return "Router[" + primary + ", " + replicas + "]";
  }

  private Connection connection() {
    Bound now = bound.get();
    return RoutedConnection.open(selector, now.intent(), now.ownWrites());
  }

  private CausalSession bind(ReadYourWrites ownWrites) {
    Bound before = bound.get();
    bound.set(new Bound(before.intent(), ownWrites));
    return new CausalSession(ownWrites, nanos, selector::place, () -> bound.set(before));
  }

  private RoutingScope bind(RouteIntent intent) {
    Bound before = bound.get();
    bound.set(new Bound(intent, before.ownWrites()));
    return () -> bound.set(before);
  }
}
