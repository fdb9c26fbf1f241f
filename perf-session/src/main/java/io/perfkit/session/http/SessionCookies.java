package io.perfkit.session.http;

import static java.util.Objects.requireNonNull;

import io.perfkit.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a session's cookie, reads it from requests, and removes it. Immutable, thread safe.
 *
 * <p>A host writes it when the session's token differs from that of the request: after {@code
 * create}, {@code login} and a rotation. So a persistent cookie is renewed with the token, not with
 * every response.
 */
public final class SessionCookies {
  /** Most cookies of the name that one request may use; a browser sends one of each scope. */
  public static final int MAX_COOKIES = 4;

  private static final Logger LOG = LoggerFactory.getLogger(SessionCookies.class);
  private static final String GONE = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

  private final CookieConfig config;
  private final String attributes;
  private final List<CookieConfig> earlier;

  private SessionCookies(CookieConfig config, List<CookieConfig> earlier) {
    this.config = requireNonNull(config, "config");
    this.attributes = attributes(config);
    this.earlier = earlier;
  }

  private static String attributes(CookieConfig config) {
    StringBuilder text = new StringBuilder("; Path=").append(config.path());
    if (!config.domain().isEmpty()) {
      text.append("; Domain=").append(config.domain());
    }
    if (config.secure()) {
      text.append("; Secure");
    }
    text.append("; HttpOnly; SameSite=").append(config.sameSite().text());
    return text.toString();
  }

  /** Cookies by {@code config}. One that is not secure is logged as a warning, once. */
  public static SessionCookies of(CookieConfig config) {
    SessionCookies cookies = new SessionCookies(config, List.of());
    if (!config.secure()) {
      LOG.warn("the cookie {} is sent without TLS too: for development only", config.name());
    }
    return cookies;
  }

  /**
   * The same cookies after their name, path or domain was changed: requests may still carry the
   * cookie of the former settings, and a response that sets or removes the cookie removes the
   * former one. So users stay logged in, and no cookie of a former scope hides the new one.
   *
   * @param former settings that nodes have used before
   * @throws IllegalArgumentException if name, path and domain are those of these cookies, or of
   *     another former one
   */
  public SessionCookies replacing(CookieConfig former) {
    List<CookieConfig> all = new ArrayList<>(earlier);
    all.add(config);
    for (CookieConfig other : all) {
      if (other.name().equals(former.name())
          && other.path().equals(former.path())
          && other.domain().equals(former.domain())) {
        throw new IllegalArgumentException(
            "former: " + former + " (expected: another name, path or domain than " + other + ")");
      }
    }
    all.set(all.size() - 1, former);
    return new SessionCookies(config, List.copyOf(all));
  }

  private boolean isOurs(String name) {
    return name.equals(config.name())
        || earlier.stream().anyMatch(former -> name.equals(former.name()));
  }

  /**
   * The values of the cookie in a request, for {@link io.perfkit.session.SessionManager#get(List)}:
   * distinct, in the order of the headers, at most {@value #MAX_COOKIES}. No input of a client is
   * an error.
   *
   * @param headers each {@code Cookie} header of the request
   */
  public List<String> tokens(Iterable<String> headers) {
    List<String> found = new ArrayList<>();
    for (String header : headers) {
      int start = 0;
      while (start < header.length() && found.size() < MAX_COOKIES) {
        int end = header.indexOf(';', start);
        end = end < 0 ? header.length() : end;
        int equals = header.indexOf('=', start);
        if (equals >= 0 && equals < end && isOurs(header.substring(start, equals).strip())) {
          String value = unquoted(header.substring(equals + 1, end).strip());
          if (!found.contains(value)) {
            found.add(value);
          }
        }
        start = end + 1;
      }
    }
    return found;
  }

  private static String unquoted(String value) {
    return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }

  /**
   * Sends the token of {@code session}, and forbids caches to keep the response.
   *
   * @param header adds a header to the response, which is not committed yet
   */
  public void write(Session session, BiConsumer<String, String> header) {
    String age = config.maxAge().isZero() ? "" : "; Max-Age=" + config.maxAge().toSeconds();
    header.accept("Set-Cookie", config.name() + "=" + session.token().text() + attributes + age);
    removeEarlier(header);
    header.accept("Cache-Control", "no-store");
  }

  /**
   * Removes the cookie, with the attributes it was set with, without which a browser keeps it.
   *
   * @param header adds a header to the response, which is not committed yet
   */
  public void remove(BiConsumer<String, String> header) {
    header.accept("Set-Cookie", config.name() + "=" + attributes + GONE);
    removeEarlier(header);
    header.accept("Cache-Control", "no-store");
  }

  private void removeEarlier(BiConsumer<String, String> header) {
    for (CookieConfig former : earlier) {
      header.accept("Set-Cookie", former.name() + "=" + attributes(former) + GONE);
    }
  }

  /** As {@link #remove}, and the browser forgets what else it keeps of the site: for a logout. */
  public void logout(BiConsumer<String, String> header) {
    remove(header);
    header.accept("Clear-Site-Data", "\"cache\", \"cookies\", \"storage\"");
  }

  @Override
  public String toString() {
    return "SessionCookies[" + config.name() + attributes + "]";
  }
}
