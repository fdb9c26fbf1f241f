package io.perfkit.db.query;

import static java.util.Comparator.comparing;

import io.perfkit.db.query.Repeats.Repeat;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What was found to repeat, one for each line of the application; the first 200. Thread safe. */
final class RepeatedQueries {
  private static final int MAX = 200;

  private final QueryLog log;
  private final ConcurrentHashMap<Place, RepeatedQuery> found = new ConcurrentHashMap<>();

  private record Place(RepeatedQuery.Kind kind, String fingerprint, String line) {}

  RepeatedQueries(QueryLog log) {
    this.log = log;
  }

  /** A scope has ended in which a query repeated; logged if its place was not known. */
  void add(RepeatedQuery.Kind kind, Query query, @Nullable Query parent, Repeat repeat) {
    Place place = new Place(kind, query.toString(), repeat.path().split(" < ", 2)[0]);
    if (found.size() >= MAX && !found.containsKey(place)) {
      return;
    }
    RepeatedQuery now = once(place, parent, repeat);
    if (found.merge(place, now, RepeatedQueries::together).equals(now)) {
      log.warn(now.toString());
    }
  }

  private static RepeatedQuery once(Place place, @Nullable Query parent, Repeat repeat) {
    return new RepeatedQuery(
        place.kind(),
        place.fingerprint(),
        repeat.path(),
        Optional.ofNullable(parent).map(Query::toString),
        1,
        repeat.count(),
        Duration.ofNanos(repeat.nanos()),
        place.kind() == RepeatedQuery.Kind.N_PLUS_ONE
            ? BatchRewrite.of(place.fingerprint())
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

  /** The one that costs most first. */
  List<RepeatedQuery> all() {
    return found.values().stream().sorted(comparing(RepeatedQuery::cost).reversed()).toList();
  }
}
