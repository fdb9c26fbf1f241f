package io.perfkit.monitoring.weave;

import static io.perfkit.monitoring.weave.Outcome.CANCELLED;
import static io.perfkit.monitoring.weave.Outcome.CLIENT_ERROR;
import static io.perfkit.monitoring.weave.Outcome.ERROR;
import static io.perfkit.monitoring.weave.Outcome.REJECTED;
import static io.perfkit.monitoring.weave.Outcome.TIMEOUT;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * The outcome of a call by what it threw: that of the nearest known class among the exception's and
 * its superclasses. Classes are known by name, so that their libraries may be absent. Immutable.
 */
final class Outcomes {
  private static final int MAX_WRAPPERS = 16;

  private static final Map<String, Outcome> DEFAULTS =
      Map.ofEntries(
          Map.entry("java.lang.IllegalArgumentException", CLIENT_ERROR),
          Map.entry("java.util.concurrent.TimeoutException", TIMEOUT),
          Map.entry("java.net.SocketTimeoutException", TIMEOUT),
          Map.entry("java.net.http.HttpTimeoutException", TIMEOUT),
          Map.entry("java.sql.SQLTimeoutException", TIMEOUT),
          Map.entry("java.util.concurrent.CancellationException", CANCELLED),
          Map.entry("java.lang.InterruptedException", CANCELLED),
          Map.entry("java.nio.channels.ClosedByInterruptException", CANCELLED),
          Map.entry("java.util.concurrent.RejectedExecutionException", REJECTED),
          Map.entry("io.perfkit.ratelimit.RateLimitExceeded", REJECTED),
          Map.entry("io.github.resilience4j.bulkhead.BulkheadFullException", REJECTED),
          Map.entry("io.github.resilience4j.circuitbreaker.CallNotPermittedException", REJECTED),
          Map.entry("io.github.resilience4j.ratelimiter.RequestNotPermitted", REJECTED));

  private final Map<String, Outcome> byClass;

  private Outcomes(Map<String, Outcome> byClass) {
    this.byClass = byClass;
  }

  /** The defaults, and before them what the host says. */
  static Outcomes with(Map<String, Outcome> ofHost) {
    Map<String, Outcome> all = new HashMap<>(DEFAULTS);
    all.putAll(ofHost);
    return new Outcomes(Map.copyOf(all));
  }

  Outcome of(Throwable failure) {
    Throwable thrown = failure;
    for (int i = 0; i < MAX_WRAPPERS && isWrapper(thrown); i++) {
      Throwable cause = thrown.getCause();
      if (cause == null) {
        break;
      }
      thrown = cause;
    }
    for (Class<?> type = thrown.getClass(); type != null; type = type.getSuperclass()) {
      Outcome known = byClass.get(type.getName());
      if (known != null) {
        return known;
      }
    }
    return ERROR;
  }

  private static boolean isWrapper(Throwable thrown) {
    return thrown instanceof CompletionException || thrown instanceof ExecutionException;
  }
}
