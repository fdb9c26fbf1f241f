package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a router. Immutable.
 *
 * @param routing which reads go to a replica; default {@link Routing#TRANSACTION}
 * @param maxLag longest replication lag of a replica that serves reads; default 5 s
 * @param pollEvery how often each node is polled for its position; default 100 ms
 * @param maxSilence longest age of the last answer of a node that is used; default 1 s
 * @param maxFallbackReads most concurrent reads on the primary while no replica is usable; more are
 *     refused; default 10
 */
public record RouterConfig(
    Routing routing,
    Duration maxLag,
    Duration pollEvery,
    Duration maxSilence,
    int maxFallbackReads) {
  private static final Duration LAG_MAX = Duration.ofHours(1);
  private static final Duration POLL_MIN = Duration.ofMillis(10);

  public RouterConfig {
    requireNonNull(routing, "routing");
    if (requireNonNull(pollEvery, "pollEvery").compareTo(POLL_MIN) < 0
        || pollEvery.compareTo(Duration.ofSeconds(10)) > 0) {
      throw new IllegalArgumentException("pollEvery: " + pollEvery + " (expected: 10 ms to 10 s)");
    }
    if (requireNonNull(maxSilence, "maxSilence").compareTo(pollEvery.multipliedBy(2)) < 0
        || maxSilence.compareTo(LAG_MAX) > 0) {
      throw new IllegalArgumentException(
          "maxSilence: " + maxSilence + " (expected: twice pollEvery, " + pollEvery + ", to 1 h)");
    }
    if (requireNonNull(maxLag, "maxLag").compareTo(pollEvery.multipliedBy(2)) < 0
        || maxLag.compareTo(LAG_MAX) > 0) {
      throw new IllegalArgumentException(
          "maxLag: " + maxLag + " (expected: twice pollEvery, " + pollEvery + ", to 1 h)");
    }
    if (maxFallbackReads < 0) {
      throw new IllegalArgumentException(
          "maxFallbackReads: " + maxFallbackReads + " (expected: >= 0)");
    }
  }

  /** Which reads go to a replica. */
  public enum Routing {
    /** Reads of a connection that is read-only or was taken inside {@link Router#reading()}. */
    TRANSACTION,
    /**
     * Those, and prepared statements outside a transaction that certainly only read: a plain query
     * that calls only well-known functions.
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

  /** A builder that holds these settings, to derive others. */
  public Builder toBuilder() {
    return new Builder()
        .routing(routing)
        .maxLag(maxLag)
        .pollEvery(pollEvery)
        .maxSilence(maxSilence)
        .maxFallbackReads(maxFallbackReads);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private Routing routing = Routing.TRANSACTION;
    private Duration maxLag = Duration.ofSeconds(5);
    private Duration pollEvery = Duration.ofMillis(100);
    private Duration maxSilence = Duration.ofSeconds(1);
    private int maxFallbackReads = 10;

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

    /** See {@link RouterConfig#maxSilence()}. */
    public Builder maxSilence(Duration longest) {
      maxSilence = longest;
      return this;
    }

    /** See {@link RouterConfig#maxFallbackReads()}. */
    public Builder maxFallbackReads(int reads) {
      maxFallbackReads = reads;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is expected
     */
    public RouterConfig build() {
      return new RouterConfig(routing, maxLag, pollEvery, maxSilence, maxFallbackReads);
    }
  }
}
