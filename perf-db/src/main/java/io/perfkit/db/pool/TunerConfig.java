package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of the tuner, which finds a pool's size by hill climbing. Immutable.
 *
 * @param window shortest time that one size is measured for; default 2 s
 * @param maxWindow longest such time, for few completions; default 30 s
 * @param minCompletions connections given back that a window waits for, up to {@code maxWindow};
 *     default 200
 * @param step share of its size by which a probe changes the pool; default 0.35
 * @param knee throughput that more connections must bring, as a share of their number; default
 *     0.05: 20 % more connections must bring 1 % more throughput
 * @param cooling how long the pool does not grow after the server refused a connection; default 5
 *     min
 * @param lowDemandAfter how long less than half must be in use before the pool shrinks to the
 *     demand; default 5 min
 * @param dryRun whether to decide and log but change nothing; default false
 */
public record TunerConfig(
    Duration window,
    Duration maxWindow,
    int minCompletions,
    double step,
    double knee,
    Duration cooling,
    Duration lowDemandAfter,
    boolean dryRun) {

  public TunerConfig {
    require("window", window, Duration.ofMillis(100));
    require("maxWindow", maxWindow, window);
    if (minCompletions < 1) {
      throw new IllegalArgumentException("minCompletions: " + minCompletions + " (expected: >= 1)");
    }
    if (!(step > 0 && step <= 1)) {
      throw new IllegalArgumentException("step: " + step + " (expected: above 0, to 1)");
    }
    if (!(knee >= 0 && knee < 1)) {
      throw new IllegalArgumentException("knee: " + knee + " (expected: 0 to below 1)");
    }
    require("cooling", cooling, Duration.ZERO);
    require("lowDemandAfter", lowDemandAfter, window);
  }

  private static void require(String what, Duration value, Duration min) {
    if (requireNonNull(value, what).compareTo(min) < 0 || value.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + Duration.ofDays(1) + ")");
    }
  }

  /** The defaults. */
  public static TunerConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings, to derive others. */
  public Builder toBuilder() {
    return new Builder()
        .window(window)
        .maxWindow(maxWindow)
        .minCompletions(minCompletions)
        .step(step)
        .knee(knee)
        .cooling(cooling)
        .lowDemandAfter(lowDemandAfter)
        .dryRun(dryRun);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private Duration window = Duration.ofSeconds(2);
    private Duration maxWindow = Duration.ofSeconds(30);
    private int minCompletions = 200;
    private double step = 0.35;
    private double knee = 0.05;
    private Duration cooling = Duration.ofMinutes(5);
    private Duration lowDemandAfter = Duration.ofMinutes(5);
    private boolean dryRun;

    private Builder() {}

    /** See {@link TunerConfig#window()}. */
    public Builder window(Duration duration) {
      window = duration;
      return this;
    }

    /** See {@link TunerConfig#maxWindow()}. */
    public Builder maxWindow(Duration duration) {
      maxWindow = duration;
      return this;
    }

    /** See {@link TunerConfig#minCompletions()}. */
    public Builder minCompletions(int count) {
      minCompletions = count;
      return this;
    }

    /** See {@link TunerConfig#step()}. */
    public Builder step(double share) {
      step = share;
      return this;
    }

    /** See {@link TunerConfig#knee()}. */
    public Builder knee(double share) {
      knee = share;
      return this;
    }

    /** See {@link TunerConfig#cooling()}. */
    public Builder cooling(Duration duration) {
      cooling = duration;
      return this;
    }

    /** See {@link TunerConfig#lowDemandAfter()}. */
    public Builder lowDemandAfter(Duration duration) {
      lowDemandAfter = duration;
      return this;
    }

    /** See {@link TunerConfig#dryRun()}. */
    public Builder dryRun(boolean on) {
      dryRun = on;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is expected
     */
    public TunerConfig build() {
      return new TunerConfig(
          window, maxWindow, minCompletions, step, knee, cooling, lowDemandAfter, dryRun);
    }
  }
}
