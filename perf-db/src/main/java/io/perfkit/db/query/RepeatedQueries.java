package io.perfkit.db.query;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Collects the repeated queries, one for each call path; the first 200. Thread safe. */
final class RepeatedQueries {
  private static final int MAX = 200;

  private final QueryLog log;
  private final ConcurrentHashMap<Key, RepeatedQuery> found = new ConcurrentHashMap<>();

  private record Key(RepeatedQuery.Kind kind, String fingerprint, String path) {}

  RepeatedQueries(QueryLog log) {
    this.log = log;
  }

  /** Adds a repeated query of a scope that has ended; logs it if its place is new. */
  void add(
      RepeatedQuery.Kind kind, Query query, @Nullable Query parent, RepeatDetector.Place place) {
    Key key = new Key(kind, query.toString(), place.path());
    if (found.size() >= MAX && !found.containsKey(key)) {
      return;
    }
    RepeatedQuery now = once(key, parent, place);
    if (found.merge(key, now, RepeatedQueries::together).equals(now)) {
      log.warn(now.toString());
    }
  }

  private static RepeatedQuery once(Key key, @Nullable Query parent, RepeatDetector.Place place) {
    return new RepeatedQuery(
        key.kind(),
        key.fingerprint(),
        key.path(),
        Optional.ofNullable(parent).map(Query::toString),
        1,
        place.count(),
        Duration.ofNanos(place.nanos()),
        key.kind() == RepeatedQuery.Kind.N_PLUS_ONE
            ? BatchRewrite.of(key.fingerprint())
            : Optional.empty());
  }

  private static RepeatedQuery together(RepeatedQuery known, RepeatedQuery more) {
    return new RepeatedQuery(
        known.kind(),
        known.fingerprint(),
        known.callPath(),
        known.parent().or(more::parent),
        known.scopes() + more.scopes(),
        Math.max(known.most(), more.most()),
        known.cost().plus(more.cost()),
        known.rewritten());
  }

  /** All of them, the most costly first. */
  List<RepeatedQuery> all() {
    return found.values().stream().sorted(comparing(RepeatedQuery::cost).reversed()).toList();
  }
}
