package io.perfkit.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.OnRedisDown;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import io.perfkit.ratelimit.http.ClientAddressConfig;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The filter in a real container, over HTTP. */
final class RateLimitFilterIT {
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final RateLimiter limiter = RateLimiter.local();
  private final HttpClient http = HttpClient.newHttpClient();
  private final Server server = new Server();
  private final Pages pages = new Pages();

  @AfterEach
  void stop() throws Exception {
    pages.release.countDown();
    server.stop();
    limiter.close();
  }

  /** Answers as its path says. */
  static final class Pages extends HttpServlet {
    final AtomicInteger served = new AtomicInteger();
    final CountDownLatch release = new CountDownLatch(1);
    final CountDownLatch entered = new CountDownLatch(1);
    final BlockingQueue<AsyncContext> waiting = new LinkedBlockingQueue<>();

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      served.incrementAndGet();
      switch (request.getServletPath() + request.getDispatcherType()) {
        case "/slowREQUEST" -> {
          entered.countDown();
          await(release);
        }
        case "/brokenREQUEST" -> throw new IllegalStateException("broken on purpose");
        case "/asyncREQUEST" -> waiting.add(request.startAsync());
        case "/timeoutREQUEST" -> request.startAsync().setTimeout(1_000);
        case "/dispatchREQUEST" -> request.startAsync().dispatch("/dispatch");
        case "/completedREQUEST" -> request.startAsync().complete();
        default -> response.getWriter().print("served " + request.getDispatcherType());
      }
    }

    private static void await(CountDownLatch latch) {
      try {
        if (!latch.await(10, TimeUnit.SECONDS)) {
          throw new IllegalStateException("nobody released the request");
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void start(Filter filter) {
    ServletContextHandler context = new ServletContextHandler();
    FilterHolder holder = new FilterHolder(filter);
    holder.setAsyncSupported(true);
    context.addFilter(holder, "/*", EnumSet.allOf(DispatcherType.class));
    ServletHolder servlet = new ServletHolder(pages);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, "/*");
    for (String path :
        new String[] {"/slow", "/broken", "/async", "/timeout", "/dispatch", "/completed"}) {
      context.addServlet(servlet, path);
    }
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(context);
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private CompletableFuture<HttpResponse<String>> send(String path, String... headers) {
    int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(PATIENCE);
    return http.sendAsync(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path, String... headers) {
    return send(path, headers).join();
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("none");
  }

  @Test
  void admitsTellsAndRefuses() {
    start(
        RateLimitFilter.of(
            limiter, Plan.of("site").with(Policy.tokenBucket("general", 2, LONG), "ip")));

    HttpResponse<String> first = get("/");
    HttpResponse<String> second = get("/");
    HttpResponse<String> third = get("/");

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(header(first, "X-RateLimit-Limit")).isEqualTo("2");
    assertThat(header(first, "X-RateLimit-Remaining")).isEqualTo("1");
    assertThat(header(first, "Retry-After")).isEqualTo("none");
    assertThat(header(second, "X-RateLimit-Remaining")).isEqualTo("0");
    assertThat(third.statusCode()).isEqualTo(429);
    assertThat(header(third, "Content-Type")).isEqualTo("application/problem+json");
    assertThat(Long.parseLong(header(third, "Retry-After"))).isBetween(1L, 1_800L);
    assertThat(third.body()).contains("#quota-exceeded", "[\"general\"]");
    assertThat(pages.served).hasValue(2);
  }

  @Test
  void clientsBehindATrustedProxyCountApart() {
    Plan plan = Plan.of("site").with(Policy.tokenBucket("general", 1, LONG), "ip");
    start(
        RateLimitFilter.builder(limiter, request -> Optional.of(plan))
            .clients(ClientAddressConfig.behind("127.0.0.1"))
            .build());

    assertThat(get("/", "X-Forwarded-For", "192.0.2.1").statusCode()).isEqualTo(200);
    assertThat(get("/", "X-Forwarded-For", "192.0.2.2").statusCode()).isEqualTo(200);
    assertThat(get("/", "X-Forwarded-For", "192.0.2.1").statusCode()).isEqualTo(429);
    assertThat(get("/", "X-Forwarded-For", "8.8.8.8, 192.0.2.1").statusCode()).isEqualTo(429);
  }

  @Test
  void eachRequestHasItsPlanOrNone() {
    Plan login = Plan.of("login").with(Policy.tokenBucket("auth", 1, LONG), "ip");
    start(
        RateLimitFilter.builder(
                limiter,
                request ->
                    request.getRequestURI().startsWith("/login")
                        ? Optional.of(login)
                        : Optional.empty())
            .build());

    assertThat(get("/login").statusCode()).isEqualTo(200);
    assertThat(get("/login").statusCode()).isEqualTo(429);
    assertThat(get("/free").statusCode()).isEqualTo(200);
    assertThat(get("/free").headers().map()).doesNotContainKey("x-ratelimit-limit");
  }

  @Test
  void keysOfOtherDimensionsAreAdded() {
    Plan plan = Plan.of("api").with(Policy.tokenBucket("per-tenant", 1, LONG), "tenant");
    start(
        RateLimitFilter.builder(limiter, request -> Optional.of(plan))
            .keys((request, keys) -> keys.with("tenant", request.getHeader("Tenant")))
            .build());

    assertThat(get("/", "Tenant", "a").statusCode()).isEqualTo(200);
    assertThat(get("/", "Tenant", "b").statusCode()).isEqualTo(200);
    assertThat(get("/", "Tenant", "a").statusCode()).isEqualTo(429);
  }

  @Test
  void anOutageOfOursIs503() {
    RedisProcess redis = RedisProcess.start();
    try (RedisClient client = RedisClient.create("redis://" + redis.address());
        RateLimiter shared =
            RateLimiter.builder(client, "filter")
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .build()) {
      Policy strict = Policy.tokenBucket("strict", 100, LONG).withOnRedisDown(OnRedisDown.closed());
      start(RateLimitFilter.of(shared, Plan.of("site").with(strict, "ip")));
      assertThat(get("/").statusCode()).isEqualTo(200);

      redis.close();
      HttpResponse<String> refused = get("/");

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(header(refused, "Retry-After")).isEqualTo("1");
      assertThat(refused.body()).contains("#temporary-reduced-capacity");
    }
  }

  @Test
  void aRequestIsAskedAboutOnceHoweverOftenItIsDispatched() {
    start(
        RateLimitFilter.of(
            limiter, Plan.of("site").with(Policy.tokenBucket("general", 10, LONG), "ip")));

    HttpResponse<String> dispatched = get("/dispatch");
    HttpResponse<String> failed = get("/broken");

    assertThat(dispatched.body()).isEqualTo("served ASYNC");
    assertThat(header(dispatched, "X-RateLimit-Remaining")).isEqualTo("9");
    assertThat(failed.statusCode()).isEqualTo(500);
    assertThat(header(get("/"), "X-RateLimit-Remaining")).isEqualTo("7");
  }

  @Test
  void eachOfTwoFiltersIsAsked() {
    Filter first =
        RateLimitFilter.of(
            limiter, Plan.of("wide").with(Policy.tokenBucket("wide", 10, LONG), "ip"));
    Filter second =
        RateLimitFilter.of(
            limiter, Plan.of("narrow").with(Policy.tokenBucket("narrow", 1, LONG), "ip"));
    start(
        (request, response, chain) ->
            first.doFilter(
                request, response, (inner, answer) -> second.doFilter(inner, answer, chain)));

    assertThat(get("/").statusCode()).isEqualTo(200);
    assertThat(get("/").statusCode()).isEqualTo(429);
  }

  private final Plan atOnce =
      Plan.of("at-once").with(Policy.concurrency("at-once", 1, Duration.ofMinutes(5)));

  @Test
  void aPermitIsHeldWhileARequestIsServed() throws InterruptedException {
    start(RateLimitFilter.of(limiter, atOnce));

    CompletableFuture<HttpResponse<String>> slow = send("/slow");
    assertThat(pages.entered.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(get("/").statusCode()).isEqualTo(429);
    pages.release.countDown();

    assertThat(slow.join().statusCode()).isEqualTo(200);
    awaitFree();
  }

  @Test
  void aPermitIsReleasedWhateverTheRequestThrows() {
    start(RateLimitFilter.of(limiter, atOnce));

    assertThat(get("/broken").statusCode()).isEqualTo(500);
    awaitFree();
  }

  @Test
  void aPermitIsHeldUntilAnAsynchronousResponseIsComplete() throws InterruptedException {
    start(RateLimitFilter.of(limiter, atOnce));

    CompletableFuture<HttpResponse<String>> running = send("/async");
    AsyncContext context = pages.waiting.poll(10, TimeUnit.SECONDS);
    assertThat(context).isNotNull();
    assertThat(get("/").statusCode()).isEqualTo(429);
    context.complete();

    assertThat(running.join().statusCode()).isEqualTo(200);
    awaitFree();
  }

  @Test
  void aPermitIsReleasedHoweverAnAsynchronousRequestEnds() {
    start(RateLimitFilter.of(limiter, atOnce));

    for (String path : new String[] {"/timeout", "/dispatch", "/completed"}) {
      assertThat(get(path).statusCode()).as(path).isIn(200, 500);
      awaitFree();
    }
  }

  /** A response may reach the client just before the container has ended the request. */
  private void awaitFree() {
    Await.until("permit back", PATIENCE, this::free);
  }

  private boolean free() {
    Decision decision = limiter.peek(atOnce, Request.of());
    return decision.allowed();
  }
}
