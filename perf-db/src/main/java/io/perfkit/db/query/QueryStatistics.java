package io.perfkit.db.query;

import io.perfkit.db.internal.Timings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Figures of the executions of one fingerprint, or of all others. Immutable. */
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

  /** The statement without its literals; empty for the entry of the others. */
  public String fingerprint() {
    return fingerprint;
  }

  /** Kind of the statement. */
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

  /** Total time inside the driver for executions. */
  public Duration executeTime() {
    return Duration.ofNanos(executeNanos);
  }

  /**
   * Total time inside the driver for rows fetched after the execution: zero unless a fetch size was
   * set, since otherwise all rows come with the execution.
   */
  public Duration fetchTime() {
    return Duration.ofNanos(fetchNanos);
  }

  /**
   * Total time from the beginning of each execution until its result was closed. Executions faster
   * than 10 µs count only their own time.
   */
  public Duration holdTime() {
    return Duration.ofNanos(holdNanos);
  }

  /** Mean time of an execution; zero if there was none. */
  public Duration mean() {
    return Duration.ofNanos(executeNanos / Math.max(1, calls()));
  }

  /**
   * The percentile of the times of executions, at most 1.6 % off; zero if there was none.
   *
   * @param share above 0, up to 1: 0.99 for p99
   */
  public Duration percentile(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: above 0, up to 1)");
    }
    return Duration.ofNanos((long) timings.percentile(share));
  }

  /** Call site of the first execution; empty if it was not found. */
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
