package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one {@link SessionManager}, the same on all its nodes. Immutable. A session keeps the
 * time-outs that it was created with; every other setting applies from the next call.
 *
 * @param idle idle time-out: a session ends when it has not been used for this long; default 30 min
 * @param absolute absolute time-out: a session ends this long after its login, however it is used;
 *     default 8 h
 * @param renewal age of a token from which {@link SessionOutcome.Active#renewalDue()} asks for a
 *     new one; zero means never; default 15 min
 * @param rotationGrace how long a rotated token still finds its session, for requests that are
 *     under way with it; default 20 s
 * @param touchEvery a use moves the idle deadline at most this often, so a session may end by this
 *     much sooner than {@code idle} after its last use; zero means each time; default 1 min
 * @param maxPerUser most concurrent sessions of a user; default 100
 * @param onLimit what a login does when the user has so many; default {@link
 *     LimitPolicy#EVICT_IDLE}
 * @param maxAttributeBytes longest encoded attribute; default 16 KiB
 * @param maxSessionBytes most bytes of all attributes of a session with their names; default 64 KiB
 * @param keepEnded how long the reason of a session's end is kept, and how long after its end a
 *     sweep still finds it; default 5 min
 * @param sweepEvery pause between two sweeps of a node; zero means that the host calls {@link
 *     SessionManager#sweep()}; default 30 s
 * @param partitions slots of a Cluster that sessions are spread over; with more than one a login
 *     that takes over an anonymous session takes three round trips; changing it ends all sessions;
 *     default 1
 * @param maxLocalSessions most sessions that {@link SessionManager#local} holds; default 100,000
 * @param maxEvents how many of the latest {@linkplain SessionEvent events} are kept for their
 *     readers, in each partition and a few more; zero means that none are written; default zero
 * @param binding what a lookup does if the client is not the one that logged in; default {@link
 *     BindingPolicy#OFF}
 */
public record SessionConfig(
    Duration idle,
    Duration absolute,
    Duration renewal,
    Duration rotationGrace,
    Duration touchEvery,
    int maxPerUser,
    LimitPolicy onLimit,
    int maxAttributeBytes,
    int maxSessionBytes,
    Duration keepEnded,
    Duration sweepEvery,
    int partitions,
    int maxLocalSessions,
    int maxEvents,
    BindingPolicy binding) {
  private static final Duration LONGEST = Duration.ofDays(3_660);

  public SessionConfig {
    requireBetween("absolute", absolute, Duration.ofMillis(1), LONGEST);
    requireBetween("idle", idle, Duration.ofMillis(1), absolute);
    requireBetween("renewal", renewal, Duration.ZERO, absolute);
    requireBetween("rotationGrace", rotationGrace, Duration.ZERO, Duration.ofMinutes(5));
    requireBetween("touchEvery", touchEvery, Duration.ZERO, idle.dividedBy(2));
    requireBetween("maxPerUser", maxPerUser, 1, 10_000);
    requireNonNull(onLimit, "onLimit");
    requireBetween("maxAttributeBytes", maxAttributeBytes, 1, 1 << 20);
    requireBetween("maxSessionBytes", maxSessionBytes, maxAttributeBytes, 16 << 20);
    requireBetween("keepEnded", keepEnded, Duration.ofSeconds(1), Duration.ofDays(1));
    requireBetween("sweepEvery", sweepEvery, Duration.ZERO, keepEnded);
    requireBetween("partitions", partitions, 1, 1_024);
    requireBetween("maxLocalSessions", maxLocalSessions, 1, 100_000_000);
    requireBetween("maxEvents", maxEvents, 0, 10_000_000);
    requireNonNull(binding, "binding");
  }

  private static void requireBetween(String what, Duration value, Duration min, Duration max) {
    if (requireNonNull(value, what).compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  private static void requireBetween(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  /** The defaults. */
  public static SessionConfig defaults() {
    return builder().build();
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.idle = idle;
    builder.absolute = absolute;
    builder.renewal = renewal;
    builder.rotationGrace = rotationGrace;
    builder.touchEvery = touchEvery;
    builder.maxPerUser = maxPerUser;
    builder.onLimit = onLimit;
    builder.maxAttributeBytes = maxAttributeBytes;
    builder.maxSessionBytes = maxSessionBytes;
    builder.keepEnded = keepEnded;
    builder.sweepEvery = sweepEvery;
    builder.partitions = partitions;
    builder.maxLocalSessions = maxLocalSessions;
    builder.maxEvents = maxEvents;
    builder.binding = binding;
    return builder;
  }

  /** Collects settings; each method is named after its component. One thread at a time. */
  public static final class Builder {
    private Duration idle = Duration.ofMinutes(30);
    private Duration absolute = Duration.ofHours(8);
    private Duration renewal = Duration.ofMinutes(15);
    private Duration rotationGrace = Duration.ofSeconds(20);
    private Duration touchEvery = Duration.ofMinutes(1);
    private int maxPerUser = 100;
    private LimitPolicy onLimit = LimitPolicy.EVICT_IDLE;
    private int maxAttributeBytes = 16 << 10;
    private int maxSessionBytes = 64 << 10;
    private Duration keepEnded = Duration.ofMinutes(5);
    private Duration sweepEvery = Duration.ofSeconds(30);
    private int partitions = 1;
    private int maxLocalSessions = 100_000;
    private int maxEvents;
    private BindingPolicy binding = BindingPolicy.OFF;

    private Builder() {}

    /** See {@link SessionConfig#idle}. */
    public Builder idle(Duration timeout) {
      idle = timeout;
      return this;
    }

    /** See {@link SessionConfig#absolute}. */
    public Builder absolute(Duration timeout) {
      absolute = timeout;
      return this;
    }

    /** See {@link SessionConfig#renewal}. */
    public Builder renewal(Duration age) {
      renewal = age;
      return this;
    }

    /** See {@link SessionConfig#rotationGrace}. */
    public Builder rotationGrace(Duration grace) {
      rotationGrace = grace;
      return this;
    }

    /** See {@link SessionConfig#touchEvery}. */
    public Builder touchEvery(Duration pause) {
      touchEvery = pause;
      return this;
    }

    /** See {@link SessionConfig#maxPerUser}. */
    public Builder maxPerUser(int sessions) {
      maxPerUser = sessions;
      return this;
    }

    /** See {@link SessionConfig#onLimit}. */
    public Builder onLimit(LimitPolicy policy) {
      onLimit = policy;
      return this;
    }

    /** See {@link SessionConfig#maxAttributeBytes}. */
    public Builder maxAttributeBytes(int bytes) {
      maxAttributeBytes = bytes;
      return this;
    }

    /** See {@link SessionConfig#maxSessionBytes}. */
    public Builder maxSessionBytes(int bytes) {
      maxSessionBytes = bytes;
      return this;
    }

    /** See {@link SessionConfig#keepEnded}. */
    public Builder keepEnded(Duration time) {
      keepEnded = time;
      return this;
    }

    /** See {@link SessionConfig#sweepEvery}. */
    public Builder sweepEvery(Duration pause) {
      sweepEvery = pause;
      return this;
    }

    /** See {@link SessionConfig#partitions}. */
    public Builder partitions(int slots) {
      partitions = slots;
      return this;
    }

    /** See {@link SessionConfig#maxLocalSessions}. */
    public Builder maxLocalSessions(int sessions) {
      maxLocalSessions = sessions;
      return this;
    }

    /** See {@link SessionConfig#maxEvents}. */
    public Builder maxEvents(int events) {
      maxEvents = events;
      return this;
    }

    /** See {@link SessionConfig#binding}. */
    public Builder binding(BindingPolicy policy) {
      binding = policy;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException for a value outside its bounds; the message names both
     */
    public SessionConfig build() {
      return new SessionConfig(
          idle,
          absolute,
          renewal,
          rotationGrace,
          touchEvery,
          maxPerUser,
          onLimit,
          maxAttributeBytes,
          maxSessionBytes,
          keepEnded,
          sweepEvery,
          partitions,
          maxLocalSessions,
          maxEvents,
          binding);
    }
  }
}
