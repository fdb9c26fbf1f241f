package io.perfkit.session.http;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Settings of a session's cookie. Immutable. {@code HttpOnly} is always set. Refuses combinations
 * for which browsers silently drop the cookie.
 *
 * @param name letters, digits and {@code . _ -}; default {@code __Host-session}. With {@code
 *     __Host-} the cookie must be secure, of path / and without a domain, and no other host can set
 *     it
 * @param secure whether browsers send it over TLS alone; does not depend on how the request came,
 *     for TLS may end at a proxy; default true
 * @param sameSite default {@link SameSite#LAX}
 * @param path default /
 * @param domain empty, which is the host alone, or a domain whose hosts all get the cookie; default
 *     empty
 * @param maxAge how long a browser keeps it, from when it was set; zero means until the browser
 *     ends; default zero
 */
public record CookieConfig(
    String name, boolean secure, SameSite sameSite, String path, String domain, Duration maxAge) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/-]{0,200}");
  private static final Pattern DOMAIN = Pattern.compile("([A-Za-z0-9-]+\\.)+[A-Za-z0-9-]+|");
  private static final Duration MAX_AGE_MAX = Duration.ofDays(400);

  public CookieConfig {
    requireMatch("name", name, NAME, "1 to 64 of letters, digits and . _ -");
    requireMatch("path", path, PATH, "/ and up to 200 of letters, digits and . _ ~ / -");
    requireMatch("domain", domain, DOMAIN, "a domain such as example.org, or nothing");
    requireNonNull(sameSite, "sameSite");
    if (requireNonNull(maxAge, "maxAge").isNegative() || maxAge.compareTo(MAX_AGE_MAX) > 0) {
      throw new IllegalArgumentException(
          "maxAge: " + maxAge + " (expected: zero to " + MAX_AGE_MAX + ")");
    }
    boolean host = name.startsWith("__Host-");
    if ((host || name.startsWith("__Secure-")) && !secure) {
      throw new IllegalArgumentException(
          "secure: false (expected: true for the name " + name + ")");
    }
    if (host && !path.equals("/")) {
      throw new IllegalArgumentException(
          "path: " + path + " (expected: / for the name " + name + ")");
    }
    if (host && !domain.isEmpty()) {
      throw new IllegalArgumentException(
          "domain: " + domain + " (expected: none for the name " + name + ")");
    }
    if (sameSite == SameSite.NONE && !secure) {
      throw new IllegalArgumentException("secure: false (expected: true for SameSite=None)");
    }
  }

  private static void requireMatch(String what, String value, Pattern pattern, String expected) {
    if (!pattern.matcher(requireNonNull(value, what)).matches()) {
      throw new IllegalArgumentException(what + ": '" + value + "' (expected: " + expected + ")");
    }
  }

  /** The defaults. */
  public static CookieConfig defaults() {
    return new CookieConfig("__Host-session", true, SameSite.LAX, "/", "", Duration.ZERO);
  }

  /** For plain HTTP on a developer's machine: a cookie named session that is not secure. */
  public static CookieConfig development() {
    return new CookieConfig("session", false, SameSite.LAX, "/", "", Duration.ZERO);
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return defaults().toBuilder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Collects settings; each method is named after its component. One thread at a time. */
  public static final class Builder {
    private String name;
    private boolean secure;
    private SameSite sameSite;
    private String path;
    private String domain;
    private Duration maxAge;

    private Builder(CookieConfig from) {
      this.name = from.name;
      this.secure = from.secure;
      this.sameSite = from.sameSite;
      this.path = from.path;
      this.domain = from.domain;
      this.maxAge = from.maxAge;
    }

    /** See {@link CookieConfig#name}. */
    public Builder name(String cookie) {
      name = cookie;
      return this;
    }

    /** See {@link CookieConfig#secure}. */
    public Builder secure(boolean tlsOnly) {
      secure = tlsOnly;
      return this;
    }

    /** See {@link CookieConfig#sameSite}. */
    public Builder sameSite(SameSite requests) {
      sameSite = requests;
      return this;
    }

    /** See {@link CookieConfig#path}. */
    public Builder path(String prefix) {
      path = prefix;
      return this;
    }

    /** See {@link CookieConfig#domain}. */
    public Builder domain(String hosts) {
      domain = hosts;
      return this;
    }

    /** See {@link CookieConfig#maxAge}. */
    public Builder maxAge(Duration age) {
      maxAge = age;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException for an invalid value, or two that contradict each other
     */
    public CookieConfig build() {
      return new CookieConfig(name, secure, sameSite, path, domain, maxAge);
    }
  }
}
