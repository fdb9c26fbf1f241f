package io.perfkit.monitoring.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which requests a management server answers. Immutable. */
final class Admission {
  private static final Set<String> PROBES =
      Set.of("/health", "/health/live", "/health/ready", "/health/startup");
  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String BEARER = "Bearer ";

  private final String token;
  private final boolean loopback;

  Admission(ServerConfig config, boolean loopback) {
    this.token = config.token();
    this.loopback = loopback;
  }

  /** Why a request is refused; empty if it is not. */
  Optional<Page> refusal(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    Headers headers = exchange.getRequestHeaders();
    boolean post = exchange.getRequestMethod().equals("POST");
    if (loopback && !isLocal(headers.getFirst("Host"))) { // DNS rebinding
      return Optional.of(Page.text(403, "Host: not this machine"));
    }
    if (PROBES.contains(path) && !post) {
      return Optional.empty();
    }
    if (!isAllowed(headers)) {
      return Optional.of(Page.notFound());
    }
    if (post && headers.getFirst("X-Requested-With") == null) { // no form of another site sends it
      return Optional.of(Page.text(403, "expected: the header X-Requested-With"));
    }
    if (post && !isSameOrigin(headers)) {
      return Optional.of(Page.text(403, "Origin: of another site"));
    }
    return Optional.empty();
  }

  private static boolean isLocal(@Nullable String host) {
    if (host == null) {
      return false;
    }
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > host.lastIndexOf(']');
    return LOCAL.contains(hasPort && colon >= 0 ? host.substring(0, colon) : host);
  }

  private boolean isAllowed(Headers headers) {
    if (token.isEmpty()) {
      return loopback;
    }
    String given = headers.getFirst("Authorization");
    return given != null
        && given.startsWith(BEARER)
        && MessageDigest.isEqual(
            given.substring(BEARER.length()).getBytes(UTF_8), token.getBytes(UTF_8));
  }

  private static boolean isSameOrigin(Headers headers) {
    String origin = headers.getFirst("Origin");
    String site = headers.getFirst("Sec-Fetch-Site");
    String host = headers.getFirst("Host");
    boolean sameHost =
        origin == null || origin.equals("http://" + host) || origin.equals("https://" + host);
    return sameHost && (site == null || site.equals("same-origin") || site.equals("none"));
  }
}
