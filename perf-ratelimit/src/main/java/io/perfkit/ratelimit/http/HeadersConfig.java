package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;

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
@CheckReturnValue
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
    return new HeadersConfig(true, Reset.EPOCH_SECONDS, false);
  }

  /** With or without the {@code X-RateLimit} headers. */
  public HeadersConfig withXRateLimit(boolean written) {
    return new HeadersConfig(written, reset, rateLimit);
  }

  /** With another meaning of {@code X-RateLimit-Reset}. */
  public HeadersConfig withReset(Reset meaning) {
    return new HeadersConfig(xRateLimit, meaning, rateLimit);
  }

  /** With or without the headers of the IETF draft. */
  public HeadersConfig withRateLimit(boolean written) {
    return new HeadersConfig(xRateLimit, reset, written);
  }
}
