package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

/**
 * The headers by which clients learn the state of their limits. Immutable. A refusal always has
 * {@code Retry-After}.
 *
 * @param xRateLimit whether {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset} are
 *     written; default true
 * @param reset what {@code X-RateLimit-Reset} counts; default {@code EPOCH_SECONDS}
 * @param rateLimit whether {@code RateLimit} and {@code RateLimit-Policy} of the IETF draft
 *     "RateLimit header fields for HTTP" (version 10) are written; default false
 */
public record HeadersConfig(boolean xRateLimit, Reset reset, boolean rateLimit) {

  /**
   * The form in which {@code X-RateLimit-Reset} gives the time at which all permits are available
   * again.
   */
  public enum Reset {
    /** As UTC seconds since 1970, by this host's clock. */
    EPOCH_SECONDS,
    /** As seconds from now. */
    DELTA_SECONDS
  }

  public HeadersConfig {
    requireNonNull(reset, "reset");
  }

  /** The defaults. */
  public static HeadersConfig defaults() {
    return builder().build();
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    return builder().xRateLimit(xRateLimit).reset(reset).rateLimit(rateLimit);
  }

  /** Collects settings. One thread at a time. */
  public static final class Builder {
    private boolean xRateLimit = true;
    private Reset reset = Reset.EPOCH_SECONDS;
    private boolean rateLimit;

    private Builder() {}

    /** See {@link HeadersConfig#xRateLimit()}. */
    public Builder xRateLimit(boolean written) {
      xRateLimit = written;
      return this;
    }

    /** See {@link HeadersConfig#reset()}. */
    public Builder reset(Reset meaning) {
      reset = meaning;
      return this;
    }

    /** See {@link HeadersConfig#rateLimit()}. */
    public Builder rateLimit(boolean written) {
      rateLimit = written;
      return this;
    }

    /** The settings. */
    public HeadersConfig build() {
      return new HeadersConfig(xRateLimit, reset, rateLimit);
    }
  }
}
