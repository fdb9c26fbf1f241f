package io.perfkit.db.query;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.OwnSql;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/**
 * Registry of the queries by fingerprint, and by the texts that have one; bounded. Thread safe.
 *
 * <p>At capacity, the tenth of the fingerprints with the least total time is merged into the
 * "others" of their operation, so that a newcomer can still show that it is heavy.
 */
final class QueryRegistry {
  /** Beyond that the cache of texts is cleared: parsing one again takes about a microsecond. */
  private static final int TEXT_CHARS_MAX = 4_000_000;

  private final int max;
  private final Query own = Query.own();
  private final ConcurrentHashMap<String, Query> byText = new ConcurrentHashMap<>();
  private final AtomicInteger textChars = new AtomicInteger();
  private final ConcurrentHashMap<Fingerprint, Query> byFingerprint = new ConcurrentHashMap<>();
  private final Map<Operation, QueryStats> others = new EnumMap<>(Operation.class);
  private final ReentrantLock lock = new ReentrantLock(); // whoever adds or removes a fingerprint

  QueryRegistry(int max) {
    this.max = max;
    for (Operation operation : Operation.values()) {
      others.put(operation, new QueryStats());
    }
  }

  Query of(String sql) {
    Query known = byText.get(sql);
    return known != null && !known.stats().retired() ? known : read(sql);
  }

  /** Executions of perfkit's own statements, which no other figure includes. */
  long ownCalls() {
    return own.stats().calls();
  }

  long ownNanos() {
    return own.stats().executeNanos();
  }

  private Query read(String sql) {
    if (OwnSql.is(sql)) {
      return own;
    }
    Fingerprint fingerprint = Fingerprint.of(sql);
    Query known = byFingerprint.get(fingerprint);
    Query query = known != null && !known.stats().retired() ? known : add(fingerprint);
    if (sql.length() <= Fingerprint.LENGTH_MAX) {
      if (textChars.addAndGet(sql.length()) > TEXT_CHARS_MAX) {
        byText.clear();
        textChars.set(sql.length());
      }
      byText.put(sql, query);
    }
    return query;
  }

  private Query add(Fingerprint fingerprint) {
    lock.lock();
    try {
      Query known = byFingerprint.get(fingerprint);
      if (known != null) {
        return known;
      }
      if (byFingerprint.size() >= max) {
        retireTheLeast();
      }
      Query query = new Query(fingerprint);
      byFingerprint.put(fingerprint, query);
      return query;
    } finally {
      lock.unlock();
    }
  }

  private void retireTheLeast() {
    Map<Query, Long> nanos = new HashMap<>();
    byFingerprint.values().forEach(query -> nanos.put(query, query.stats().executeNanos()));
    nanos.entrySet().stream()
        .sorted(comparingLong(Map.Entry::getValue))
        .limit(Math.max(1, max / 10))
        .map(Map.Entry::getKey)
        .forEach(
            query -> {
              byFingerprint.remove(query.fingerprint());
              query.stats().retireTo(other(query.operation()));
            });
  }

  private QueryStats other(Operation operation) {
    return requireNonNull(others.get(operation));
  }

  /** Queries with their own figures, in no order. */
  List<Query> all() {
    return List.copyOf(byFingerprint.values());
  }

  /** Sum over all queries of an operation, the others included. */
  long sum(Operation operation, ToLongFunction<QueryStats> value) {
    lock.lock(); // as below
    try {
      return byFingerprint.values().stream()
              .filter(query -> query.operation() == operation)
              .mapToLong(query -> value.applyAsLong(query.stats()))
              .sum()
          + value.applyAsLong(other(operation));
    } finally {
      lock.unlock();
    }
  }

  /** One for each fingerprint in no order, and at last one for the others of each operation. */
  List<QueryStatistics> figures() {
    lock.lock(); // so that nothing is counted twice, or not at all
    try {
      List<QueryStatistics> figures = new ArrayList<>();
      byFingerprint.values().forEach(query -> figures.add(query.figures()));
      others.forEach((operation, stats) -> figures.add(stats.figures("", operation, "")));
      return figures;
    } finally {
      lock.unlock();
    }
  }
}
