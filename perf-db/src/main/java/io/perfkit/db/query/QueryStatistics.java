package io.perfkit.db.query;

import io.perfkit.db.internal.Timings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the executions of one fingerprint, or of all others, came to. Immutable. */
public final class QueryStatistics {
  private final String fingerprint;
  private final Operation operation;
  private final Timings timings;
  private final Map<String, Long> errors;
  private final long rows;
  private final long executeNanos;
  private final long fetchNanos;
  private final long holdNanos;
  private final String callSite;
  private final @Nullable SlowSample lastSlow;

  QueryStatistics(
      String fingerprint,
      Operation operation,
      Timings timings,
      Map<String, Long> errors,
      long rows,
      long executeNanos,
      long fetchNanos,
      long holdNanos,
      String callSite,
      @Nullable SlowSample lastSlow) {
    this.fingerprint = fingerprint;
    this.operation = operation;
    this.timings = timings;
    this.errors = Map.copyOf(errors);
    this.rows = rows;
    this.executeNanos = executeNanos;
    this.fetchNanos = fetchNanos;
    this.holdNanos = holdNanos;
    this.callSite = callSite;
    this.lastSlow = lastSlow;
  }

  /** The statement without its literals; empty for all that have no figures of their own. */
  public String fingerprint() {
    return fingerprint;
  }

  /** Its kind. */
  public Operation operation() {
    return operation;
  }

  /** Executions that ended, failed ones too; a batch is one. */
  public long calls() {
    return timings.count();
  }

  /**
   * Failed executions by the first two characters of their SQLSTATE, {@code unknown} without one;
   * by the exception's name if it was no {@code SQLException}.
   */
  public Map<String, Long> errors() {
    return errors;
  }

  /** Rows that were read, or changed. */
  public long rows() {
    return rows;
  }

  /** Time inside the driver for executions, together. */
  public Duration executeTime() {
    return Duration.ofNanos(executeNanos);
  }

  /**
   * Time inside the driver for rows that it fetched after the execution, together: zero unless a
   * fetch size was set, since all rows come with the execution otherwise.
   */
  public Duration fetchTime() {
    return Duration.ofNanos(fetchNanos);
  }

  /**
   * Time from the beginning of the executions until their results were closed, together. Of
   * executions faster than 10 µs only the execution itself.
   */
  public Duration holdTime() {
    return Duration.ofNanos(holdNanos);
  }

  /** Of an execution; zero if there was none. */
  public Duration mean() {
    return Duration.ofNanos(executeNanos / Math.max(1, calls()));
  }

  /**
   * The time within which that share of the executions ended, at most 1.6 % off; zero if there was
   * none.
   *
   * @param share above 0, up to 1: 0.99 for p99
   */
  public Duration percentile(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: above 0, up to 1)");
    }
    return Duration.ofNanos((long) timings.percentile(share));
  }

  /** Where the application asked for it first; empty if that was not found. */
  public String callSite() {
    return callSite;
  }

  /** The last execution that was slow. */
  public Optional<SlowSample> lastSlow() {
    return Optional.ofNullable(lastSlow);
  }

  Timings timings() {
    return timings;
  }

  @Override
  public String toString() {
    return "QueryStatistics[" + calls() + " calls, " + executeTime() + ", " + fingerprint + "]";
  }
}
