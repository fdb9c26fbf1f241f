package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a router. Immutable.
 *
 * @param routing what it takes for a read to go to a replica; default {@link Routing#TRANSACTION}
 * @param maxLag how far a replica may be behind the primary and still be read from; default 5 s
 * @param pollEvery how often each node is asked where it stands; default 100 ms
 * @param silenceMax how long ago a node's last answer may be, if it is to be used; default 1 s
 * @param fallbackMax reads at once on the primary while no replica can be used; more are refused;
 *     default 10
 */
public record RouterConfig(
    Routing routing, Duration maxLag, Duration pollEvery, Duration silenceMax, int fallbackMax) {
  private static final Duration LAG_MAX = Duration.ofHours(1);
  private static final Duration POLL_MIN = Duration.ofMillis(10);

  public RouterConfig {
    requireNonNull(routing, "routing");
    if (requireNonNull(pollEvery, "pollEvery").compareTo(POLL_MIN) < 0
        || pollEvery.compareTo(Duration.ofSeconds(10)) > 0) {
      throw new IllegalArgumentException("pollEvery: " + pollEvery + " (expected: 10 ms to 10 s)");
    }
    if (requireNonNull(silenceMax, "silenceMax").compareTo(pollEvery.multipliedBy(2)) < 0
        || silenceMax.compareTo(LAG_MAX) > 0) {
      throw new IllegalArgumentException(
          "silenceMax: " + silenceMax + " (expected: twice pollEvery, " + pollEvery + ", to 1 h)");
    }
    if (requireNonNull(maxLag, "maxLag").compareTo(pollEvery.multipliedBy(2)) < 0
        || maxLag.compareTo(LAG_MAX) > 0) {
      throw new IllegalArgumentException(
          "maxLag: " + maxLag + " (expected: twice pollEvery, " + pollEvery + ", to 1 h)");
    }
    if (fallbackMax < 0) {
      throw new IllegalArgumentException("fallbackMax: " + fallbackMax + " (expected: >= 0)");
    }
  }

  /** What it takes for a read to go to a replica. */
  public enum Routing {
    /** A connection that is read-only, or that was taken inside {@link Router#reading()}. */
    TRANSACTION,
    /**
     * That, or a prepared statement outside of a transaction that certainly only reads: a plain
     * query that calls no function but well-known ones.
     */
    STATEMENT
  }

  /** The defaults. */
  public static RouterConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private Routing routing = Routing.TRANSACTION;
    private Duration maxLag = Duration.ofSeconds(5);
    private Duration pollEvery = Duration.ofMillis(100);
    private Duration silenceMax = Duration.ofSeconds(1);
    private int fallbackMax = 10;

    private Builder() {}

    /** See {@link RouterConfig#routing()}. */
    public Builder routing(Routing what) {
      routing = what;
      return this;
    }

    /** See {@link RouterConfig#maxLag()}. */
    public Builder maxLag(Duration longest) {
      maxLag = longest;
      return this;
    }

    /** See {@link RouterConfig#pollEvery()}. */
    public Builder pollEvery(Duration interval) {
      pollEvery = interval;
      return this;
    }

    /** See {@link RouterConfig#silenceMax()}. */
    public Builder silenceMax(Duration longest) {
      silenceMax = longest;
      return this;
    }

    /** See {@link RouterConfig#fallbackMax()}. */
    public Builder fallbackMax(int reads) {
      fallbackMax = reads;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is expected
     */
    public RouterConfig build() {
      return new RouterConfig(routing, maxLag, pollEvery, silenceMax, fallbackMax);
    }
  }
}
