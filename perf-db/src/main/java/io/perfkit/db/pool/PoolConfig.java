package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Settings of one pool. Immutable.
 *
 * @param name letters, digits and {@code . _ -}, at most 40; names the threads and tags the meters
 * @param size connections at the start, fewer if the instance's share of the server is smaller;
 *     default 4 x cores of the database
 * @param minIdle connections kept ready; default 2 x cores of the database
 * @param maxSize most connections that this instance ever opens; default 16 x cores of the database
 * @param instances instances of the application that share the server; default 1
 * @param reserved connections of the server kept for others, such as jobs and people; default 5
 * @param callers threads that hold several connections at the same time; default 1
 * @param nesting connections that one thread holds at once; default 1. The pool detects and counts
 *     more
 * @param maxLifetime longest life of a connection; default 1 h
 * @param idleTimeout an idle connection beyond {@code minIdle} is closed after so long; zero never;
 *     default 10 min
 * @param keepalive how often an idle connection is checked, so that no firewall drops it; zero
 *     never; default 2 min
 * @param acquireTimeout longest wait for a connection; default 10 s
 * @param outageAfter once the pool has no connection and every attempt to connect has failed for so
 *     long, all callers but one fail at once instead of waiting; default 2 s
 * @param statementTimeout longest run of a statement, which then fails with SQLSTATE 57014; on
 *     PostgreSQL the session's {@code statement_timeout}, unless the role or the database has a
 *     shorter one; elsewhere the query time-out of each statement; zero none; default 30 s
 * @param leakAfter a connection held for longer is a leak suspect; default 1 min
 * @param warmUp deadline of the warm-up when the pool is built; zero means none; default 10 s
 * @param warmUpPolicy how many connections must be there then; default {@code REQUIRE_ONE}
 * @param drain how long {@code close()} waits for connections in use; default 5 s
 * @param connection settings of each connection when a caller gets it
 * @param utilisation when the pool counts as too busy; default 80 %
 */
public record PoolConfig(
    String name,
    int size,
    int minIdle,
    int maxSize,
    int instances,
    int reserved,
    int callers,
    int nesting,
    Duration maxLifetime,
    Duration idleTimeout,
    Duration keepalive,
    Duration acquireTimeout,
    Duration outageAfter,
    Duration statementTimeout,
    Duration leakAfter,
    Duration warmUp,
    WarmUpPolicy warmUpPolicy,
    Duration drain,
    ConnectionDefaults connection,
    UtilisationRule utilisation) {

  private static final int CONNECTIONS_MAX = 10_000;
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,40}");

  public PoolConfig {
    if (!NAME.matcher(requireNonNull(name, "name")).matches()) {
      throw new IllegalArgumentException(
          "name: '" + name + "' (expected: 1 to 40 letters, digits and . _ -)");
    }
    require("maxSize", maxSize, 1, CONNECTIONS_MAX, String.valueOf(CONNECTIONS_MAX));
    require("size", size, 1, maxSize, "maxSize " + maxSize);
    require("minIdle", minIdle, 0, size, "size " + size);
    require("instances", instances, 1, 10_000, "10000");
    require("reserved", reserved, 0, 1_000_000, "1000000");
    require("callers", callers, 1, 1_000_000, "1000000");
    require("nesting", nesting, 1, 100, "100");
    require("maxLifetime", maxLifetime, Duration.ofSeconds(30), Duration.ofDays(365));
    requireZeroOr("idleTimeout", idleTimeout, Duration.ofSeconds(10));
    requireZeroOr("keepalive", keepalive, Duration.ofSeconds(30));
    requireZeroOr("statementTimeout", statementTimeout, Duration.ofMillis(1));
    require("acquireTimeout", acquireTimeout, Duration.ofMillis(250), Duration.ofHours(1));
    require("outageAfter", outageAfter, Duration.ZERO, Duration.ofHours(1));
    require("leakAfter", leakAfter, Duration.ofMillis(1), Duration.ofDays(365));
    require("warmUp", warmUp, Duration.ZERO, Duration.ofHours(1));
    requireNonNull(warmUpPolicy, "warmUpPolicy");
    require("drain", drain, Duration.ZERO, Duration.ofHours(1));
    requireNonNull(connection, "connection");
    requireNonNull(utilisation, "utilisation");
  }

  private static void require(String what, int value, int min, int max, String maxText) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + maxText + ")");
    }
  }

  private static void require(String what, Duration value, Duration min, Duration max) {
    if (requireNonNull(value, what).compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  private static void requireZeroOr(String what, Duration value, Duration min) {
    if (!requireNonNull(value, what).isZero()
        && (value.compareTo(min) < 0 || value.compareTo(LONGEST) > 0)) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: zero, or " + min + " to " + LONGEST + ")");
    }
  }

  /** The defaults for a database of two processors: a size of 8. */
  public static PoolConfig defaults() {
    return of(2);
  }

  /** The defaults for a database of {@code cores} processors. */
  public static PoolConfig of(int cores) {
    return builder(cores).build();
  }

  /**
   * A builder that holds the defaults for a database.
   *
   * @param cores processors of the database's machine, not of this one; 1 to 625
   */
  public static Builder builder(int cores) {
    return new Builder(cores);
  }

  /** A builder that holds these settings, to derive others. */
  public Builder toBuilder() {
    return new Builder(1)
        .name(name)
        .size(size)
        .minIdle(minIdle)
        .maxSize(maxSize)
        .instances(instances)
        .reserved(reserved)
        .callers(callers)
        .nesting(nesting)
        .maxLifetime(maxLifetime)
        .idleTimeout(idleTimeout)
        .keepalive(keepalive)
        .acquireTimeout(acquireTimeout)
        .outageAfter(outageAfter)
        .statementTimeout(statementTimeout)
        .leakAfter(leakAfter)
        .warmUp(warmUp)
        .warmUpPolicy(warmUpPolicy)
        .drain(drain)
        .connection(connection)
        .utilisation(utilisation);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private String name = "main";
    private int size;
    private int minIdle;
    private int maxSize;
    private int instances = 1;
    private int reserved = 5;
    private int callers = 1;
    private int nesting = 1;
    private Duration maxLifetime = Duration.ofHours(1);
    private Duration idleTimeout = Duration.ofMinutes(10);
    private Duration keepalive = Duration.ofMinutes(2);
    private Duration acquireTimeout = Duration.ofSeconds(10);
    private Duration outageAfter = Duration.ofSeconds(2);
    private Duration statementTimeout = Duration.ofSeconds(30);
    private Duration leakAfter = Duration.ofMinutes(1);
    private Duration warmUp = Duration.ofSeconds(10);
    private WarmUpPolicy warmUpPolicy = WarmUpPolicy.REQUIRE_ONE;
    private Duration drain = Duration.ofSeconds(5);
    private ConnectionDefaults connection = ConnectionDefaults.defaults();
    private UtilisationRule utilisation = UtilisationRule.defaults();

    private Builder(int cores) {
      require("cores", cores, 1, CONNECTIONS_MAX / 16, String.valueOf(CONNECTIONS_MAX / 16));
      size = 4 * cores;
      minIdle = 2 * cores;
      maxSize = 16 * cores;
    }

    /** See {@link PoolConfig#name()}. */
    public Builder name(String text) {
      name = text;
      return this;
    }

    /** See {@link PoolConfig#size()}. */
    public Builder size(int count) {
      size = count;
      return this;
    }

    /** See {@link PoolConfig#minIdle()}. */
    public Builder minIdle(int count) {
      minIdle = count;
      return this;
    }

    /** See {@link PoolConfig#maxSize()}. */
    public Builder maxSize(int count) {
      maxSize = count;
      return this;
    }

    /** See {@link PoolConfig#instances()}. */
    public Builder instances(int count) {
      instances = count;
      return this;
    }

    /** See {@link PoolConfig#reserved()}. */
    public Builder reserved(int count) {
      reserved = count;
      return this;
    }

    /** See {@link PoolConfig#callers()}. */
    public Builder callers(int count) {
      callers = count;
      return this;
    }

    /** See {@link PoolConfig#nesting()}. */
    public Builder nesting(int count) {
      nesting = count;
      return this;
    }

    /** See {@link PoolConfig#maxLifetime()}. */
    public Builder maxLifetime(Duration duration) {
      maxLifetime = duration;
      return this;
    }

    /** See {@link PoolConfig#idleTimeout()}. */
    public Builder idleTimeout(Duration duration) {
      idleTimeout = duration;
      return this;
    }

    /** See {@link PoolConfig#keepalive()}. */
    public Builder keepalive(Duration duration) {
      keepalive = duration;
      return this;
    }

    /** See {@link PoolConfig#acquireTimeout()}. */
    public Builder acquireTimeout(Duration duration) {
      acquireTimeout = duration;
      return this;
    }

    /** See {@link PoolConfig#outageAfter()}. */
    public Builder outageAfter(Duration duration) {
      outageAfter = duration;
      return this;
    }

    /** See {@link PoolConfig#statementTimeout()}. */
    public Builder statementTimeout(Duration duration) {
      statementTimeout = duration;
      return this;
    }

    /** See {@link PoolConfig#leakAfter()}. */
    public Builder leakAfter(Duration duration) {
      leakAfter = duration;
      return this;
    }

    /** See {@link PoolConfig#warmUp()}. */
    public Builder warmUp(Duration duration) {
      warmUp = duration;
      return this;
    }

    /** See {@link PoolConfig#warmUpPolicy()}. */
    public Builder warmUpPolicy(WarmUpPolicy policy) {
      warmUpPolicy = policy;
      return this;
    }

    /** See {@link PoolConfig#drain()}. */
    public Builder drain(Duration duration) {
      drain = duration;
      return this;
    }

    /** See {@link PoolConfig#connection()}. */
    public Builder connection(ConnectionDefaults defaults) {
      connection = defaults;
      return this;
    }

    /** See {@link PoolConfig#utilisation()}. */
    public Builder utilisation(UtilisationRule rule) {
      utilisation = rule;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is expected
     */
    public PoolConfig build() {
      return new PoolConfig(
          name,
          size,
          minIdle,
          maxSize,
          instances,
          reserved,
          callers,
          nesting,
          maxLifetime,
          idleTimeout,
          keepalive,
          acquireTimeout,
          outageAfter,
          statementTimeout,
          leakAfter,
          warmUp,
          warmUpPolicy,
          drain,
          connection,
          utilisation);
    }
  }
}
