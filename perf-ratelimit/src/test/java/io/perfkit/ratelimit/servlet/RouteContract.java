package io.perfkit.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Routes of the filter in a container, asked for as no well-behaved client would. */
abstract class RouteContract {
  private static final Duration LONG = Duration.ofHours(1);

  private final RateLimiter limiter = RateLimiter.local();
  private final Plan login = Plan.of("login").with(Policy.tokenBucket("auth", 6, LONG), "ip");
  private final Plan api = Plan.of("api").with(Policy.tokenBucket("api", 1_000, LONG), "ip");
  private final Plan users = Plan.of("users").with(Policy.tokenBucket("user", 2, LONG), "user");
  private final Logins logins = new Logins();

  /** Counts what reaches it. */
  static final class Logins extends HttpServlet {
    final AtomicInteger served = new AtomicInteger();

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) {
      assertThat(request.getAttribute(RateLimitFilter.DECISION)).isInstanceOf(Decision.class);
      served.incrementAndGet();
    }
  }

  /** Starts a container with {@code filter} before all, and the servlet at a path; its port. */
  abstract int start(Filter filter, HttpServlet servlet, String path);

  abstract void stop();

  @AfterEach
  void close() {
    stop();
    limiter.close();
  }

  @Test
  void sixLoginsHoweverThePathIsSpelt() throws IOException {
    int port =
        start(
            RateLimitFilter.builder(limiter).route("/", api).route("/login", login).build(),
            logins,
            "/login");
    for (String path :
        new String[] {
          "/login",
          "/%6Cogin",
          "/%6cog%69n",
          "/login;x=1",
          "/;a/login",
          "//login",
          "/./login",
          "/a/../login",
          "/login?next=/",
          "/%2e/login",
          "/login%3bx",
          "/LOGIN",
          "/login"
        }) {
      for (int i = 0; i < 6; i++) {
        post(port, path);
      }
    }
    assertThat(logins.served).hasValue(6);
  }

  @Test
  void aUserWithoutANameIsCountedByItsAddress() throws IOException {
    String[] names = {null, "", "ann"};
    AtomicInteger turn = new AtomicInteger();
    RateLimitFilter filter = RateLimitFilter.builder(limiter).route("/login", users).build();
    int port =
        start(
            (request, response, chain) ->
                filter.doFilter(
                    as((HttpServletRequest) request, names[turn.getAndIncrement() / 3]),
                    response,
                    chain),
            logins,
            "/login");
    int[] statuses = new int[9];
    for (int i = 0; i < 9; i++) {
      statuses[i] = post(port, "/login");
    }
    assertThat(statuses).containsExactly(200, 200, 429, 429, 429, 429, 200, 200, 429);
  }

  /** A request whose principal has that name. */
  private static HttpServletRequest as(HttpServletRequest request, @Nullable String name) {
    return new HttpServletRequestWrapper(request) {
      @Override
      public Principal getUserPrincipal() {
        return () -> name;
      }
    };
  }

  private static int post(int port, String path) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      String request =
          "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String status =
          new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
              .readLine();
      return Integer.parseInt(status.substring(9, 12));
    }
  }
}
