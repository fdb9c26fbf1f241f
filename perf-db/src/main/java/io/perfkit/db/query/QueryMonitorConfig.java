package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * Settings of a query monitor. Immutable.
 *
 * @param maxFingerprints how many fingerprints have their own figures; the others share one entry
 *     for each operation; default 2,000
 * @param slowAfter an execution that takes so long is slow: the last one of each fingerprint is
 *     kept, and logged; default 100 ms
 * @param logSlow whether slow executions are logged, at WARN, at most one a second for each
 *     fingerprint; default true
 * @param logAll whether every execution is logged, at INFO; default false
 * @param stillRunningAfter an execution that runs for so long is logged once, at WARN, with the
 *     current call site of its thread; default 5 s
 * @param minRepeats executions of one query within one scope that are reported as repeated; 0
 *     switches detection off; default 5
 * @param helpers prefixes of full names of the application's own classes between its code and JDBC,
 *     such as {@code com.example.sql.}: a call site is never in them; default none
 */
public record QueryMonitorConfig(
    int maxFingerprints,
    Duration slowAfter,
    boolean logSlow,
    boolean logAll,
    Duration stillRunningAfter,
    int minRepeats,
    List<String> helpers) {

  private static final Duration LONGEST = Duration.ofDays(1);

  public QueryMonitorConfig {
    if (maxFingerprints < 1 || maxFingerprints > 100_000) {
      throw new IllegalArgumentException(
          "maxFingerprints: " + maxFingerprints + " (expected: 1 to 100000)");
    }
    require("slowAfter", slowAfter, Duration.ZERO);
    require("stillRunningAfter", stillRunningAfter, Duration.ofMillis(10));
    if (minRepeats != 0 && (minRepeats < 3 || minRepeats > 1_000)) {
      throw new IllegalArgumentException(
          "minRepeats: " + minRepeats + " (expected: 3 to 1000, or 0 for not looking)");
    }
    helpers = List.copyOf(helpers);
    if (helpers.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("helpers: " + helpers + " (expected: none is blank)");
    }
  }

  private static void require(String what, Duration time, Duration least) {
    if (requireNonNull(time, what).compareTo(least) < 0 || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          what + ": " + time + " (expected: " + least + " to " + LONGEST + ")");
    }
  }

  /** The defaults. */
  public static QueryMonitorConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings, to derive others. */
  public Builder toBuilder() {
    return new Builder()
        .maxFingerprints(maxFingerprints)
        .slowAfter(slowAfter)
        .logSlow(logSlow)
        .logAll(logAll)
        .stillRunningAfter(stillRunningAfter)
        .minRepeats(minRepeats)
        .helpers(helpers);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int maxFingerprints = 2_000;
    private Duration slowAfter = Duration.ofMillis(100);
    private boolean logSlow = true;
    private boolean logAll;
    private Duration stillRunningAfter = Duration.ofSeconds(5);
    private int minRepeats = 5;
    private List<String> helpers = List.of();

    private Builder() {}

    /** See {@link QueryMonitorConfig#maxFingerprints()}. */
    public Builder maxFingerprints(int count) {
      maxFingerprints = count;
      return this;
    }

    /** See {@link QueryMonitorConfig#slowAfter()}. */
    public Builder slowAfter(Duration time) {
      slowAfter = time;
      return this;
    }

    /** See {@link QueryMonitorConfig#logSlow()}. */
    public Builder logSlow(boolean wanted) {
      logSlow = wanted;
      return this;
    }

    /** See {@link QueryMonitorConfig#logAll()}. */
    public Builder logAll(boolean wanted) {
      logAll = wanted;
      return this;
    }

    /** See {@link QueryMonitorConfig#stillRunningAfter()}. */
    public Builder stillRunningAfter(Duration time) {
      stillRunningAfter = time;
      return this;
    }

    /** See {@link QueryMonitorConfig#minRepeats()}. */
    public Builder minRepeats(int count) {
      minRepeats = count;
      return this;
    }

    /** See {@link QueryMonitorConfig#helpers()}. */
    public Builder helpers(List<String> names) {
      helpers = names;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public QueryMonitorConfig build() {
      return new QueryMonitorConfig(
          maxFingerprints, slowAfter, logSlow, logAll, stillRunningAfter, minRepeats, helpers);
    }
  }
}
