package io.perfkit.db.query;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs executions: fingerprints, kinds of parameters and times, never a value. Thread safe. */
class QueryLog {
  private static final Logger LOG = LoggerFactory.getLogger("io.perfkit.db.query.QueryMonitor");
  private static final long EVERY_NANOS = 1_000_000_000;
  private static final int REMEMBERED_MAX = 1_000;

  /** When a slow execution of a query was logged last. */
  private final ConcurrentHashMap<Query, Long> lastLogged = new ConcurrentHashMap<>();

  private final Set<String> differing = ConcurrentHashMap.newKeySet();
  private final Set<Class<?>> failedListeners = ConcurrentHashMap.newKeySet();

  /** At most once a second for each query, so that an outage does not fill the disk. */
  final void slow(Query query, SlowSample sample, long now) {
    if (lastLogged.size() > REMEMBERED_MAX) {
      lastLogged.clear();
    }
    Long last = lastLogged.get(query);
    boolean due = last == null || now - last >= EVERY_NANOS;
    if (due
        && (last == null
            ? lastLogged.putIfAbsent(query, now) == null
            : lastLogged.replace(query, last, now))) {
      warn(
          "slow, %s ms: %s %s at %s"
              .formatted(sample.took().toMillis(), query, sample.parameters(), sample.callSite()));
    }
  }

  final void executed(Query query, String parameters, long nanos) {
    info(String.format(Locale.ROOT, "%.3f ms: %s %s", nanos / 1e6, query, parameters));
  }

  final void stillRunning(Query query, Duration since, String callSite) {
    warn(
        "still running after %s ms: %s at %s"
            .formatted(MILLISECONDS.convert(since), query, callSite));
  }

  /** Once for each text, at INFO: settings are common, and no fault. */
  final void differs(String by) {
    if (differing.size() < REMEMBERED_MAX && differing.add(by)) {
      info("the query cache keeps no result of a connection while its settings differ: " + by);
    }
  }

  /** Once for each class, and without the failure's message, which may hold values. */
  final void listenerFailed(Class<? extends QueryListener> listener, RuntimeException failure) {
    if (failedListeners.add(listener)) {
      warn(
          "listener %s failed with %s; its later failures are not logged"
              .formatted(listener.getName(), failure.getClass().getName()));
    }
  }

  void warn(String line) {
    LOG.warn(line);
  }

  void info(String line) {
    LOG.info(line);
  }
}
