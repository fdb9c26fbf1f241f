package io.perfkit.ratelimit.http;

/**
 * The header in which the host's proxies name the client. Choose the one that they really write:
 * the proxies pass the other one on as the client sent it.
 */
public enum ForwardedHeader {
  /** {@code X-Forwarded-For: client, proxy}, which nearly all proxies write. */
  X_FORWARDED_FOR("X-Forwarded-For"),
  /** {@code Forwarded: for=client, for="[2001:db8::1]:8080"} of RFC 7239. */
  FORWARDED("Forwarded");

  private final String field;

  ForwardedHeader(String field) {
    this.field = field;
  }

  /** The header's name. */
  public String field() {
    return field;
  }
}
