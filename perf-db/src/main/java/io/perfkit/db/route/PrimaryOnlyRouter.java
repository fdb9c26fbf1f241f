package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The router switched off: hands out the primary's pool. Immutable. */
final class PrimaryOnlyRouter extends Router {
  private final DataSource primary;

  PrimaryOnlyRouter(DataSource primary) {
    this.primary = primary;
  }

  @Override
  public DataSource dataSource() {
    return primary;
  }

  @Override
  public CausalSession session() {
    return session((WalPosition) null);
  }

  @Override
  public CausalSession session(String token) {
    return session(WalPosition.parse(requireNonNull(token, "token")));
  }

  private static CausalSession session(@Nullable WalPosition mustSee) {
    return new CausalSession(new ReadYourWrites(mustSee), () -> 0, unused -> {}, () -> {});
  }

  @Override
  public RoutingScope reading() {
    return () -> {};
  }

  @Override
  public RoutingScope writing() {
    return () -> {};
  }

  @Override
  public RouterStats stats() {
    return new RouterStats(0, 0, 0, 0);
  }

  @Override
  public RouterHealth health() {
    return new RouterHealth(true, List.of());
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "Router[disabled]";
  }
}
