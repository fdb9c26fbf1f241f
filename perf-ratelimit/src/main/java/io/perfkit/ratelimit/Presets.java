package io.perfkit.ratelimit;

import java.time.Duration;

/** Plans that most sites begin with. Dimensions: {@code ip} and {@code user}. */
public final class Presets {
  /** 10 requests per second of one address. */
  public static final Policy GENERAL = Policy.tokenBucket("general", 10, Duration.ofSeconds(1));

  /** 20 requests per second of one user. */
  public static final Policy PER_USER = Policy.tokenBucket("per-user", 20, Duration.ofSeconds(1));

  /**
   * 6 attempts to log in within any minute of one address; counted by each node alone while Redis
   * is down.
   */
  public static final Policy AUTH = Policy.slidingWindow("auth", 6, Duration.ofMinutes(1));

  /** {@link #GENERAL} by {@code ip}, and {@link #PER_USER} by {@code user} where there is one. */
  public static final Plan API = Plan.of("api").with(GENERAL, "ip").withIfPresent(PER_USER, "user");

  /** {@link #GENERAL} and {@link #AUTH} by {@code ip}. */
  public static final Plan LOGIN = Plan.of("login").with(GENERAL, "ip").with(AUTH, "ip");

  private Presets() {}
}
