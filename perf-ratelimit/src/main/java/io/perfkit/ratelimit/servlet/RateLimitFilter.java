package io.perfkit.ratelimit.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import io.perfkit.ratelimit.http.ClientAddressConfig;
import io.perfkit.ratelimit.http.ClientAddresses;
import io.perfkit.ratelimit.http.HeadersConfig;
import io.perfkit.ratelimit.http.RateLimitHeaders;
import io.perfkit.ratelimit.http.Refusal;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A servlet filter that checks each request against a plan, writes the state of its limits to the
 * response, and rejects refused requests with 429, or with 503 if the refusal is due to an outage
 * of Redis. A request counts by {@code ip}, the client's address, and by {@code user}, the name of
 * the principal that the container has authenticated. A request without a principal, or whose
 * principal has no name, has no {@code user}: a policy that is {@link Plan#withIfPresent} leaves it
 * out, and one that needs a user counts it by its address. {@link Builder#keys} adds other
 * dimensions. A request is checked once, however often the container dispatches it.
 *
 * <p>A request holds the permits of a {@link Limit.Concurrency} until its response is complete,
 * even if it is asynchronous or throws. Thread safe. Cost: that of {@link RateLimiter#check}; a
 * request without a plan costs nothing.
 */
public final class RateLimitFilter implements Filter {
  /** The attribute of a request that holds its {@link Decision}; none if no plan applied. */
  public static final String DECISION = "io.perfkit.ratelimit.decision";

  private static final String USER = "user";
  private static final AtomicInteger FILTERS = new AtomicInteger();

  /** The attribute of requests that this filter has checked; each filter has its own. */
  private final String decided =
      RateLimitFilter.class.getName() + ".decided." + FILTERS.incrementAndGet();

  private final RateLimiter limiter;

  /** The longest first, so that the first that matches is the closest. */
  private final List<Route> routes;

  private final Function<? super HttpServletRequest, Optional<Plan>> plans;
  private final BiFunction<? super HttpServletRequest, Request, Request> keys;
  private final ClientAddresses clients;
  private final RateLimitHeaders headers;

  private RateLimitFilter(Builder builder) {
    this.limiter = builder.limiter;
    this.plans = builder.plans;
    this.routes =
        builder.routes.entrySet().stream()
            .map(route -> new Route(route.getKey(), route.getValue()))
            .sorted(Comparator.comparingInt((Route route) -> route.path().length()).reversed())
            .toList();
    this.keys = builder.keys;
    this.clients = builder.clients;
    this.headers = builder.headers;
  }

  /** A filter of one plan for all requests, for a host without proxies in front of it. */
  public static RateLimitFilter of(RateLimiter limiter, Plan plan) {
    requireNonNull(plan, "plan");
    return builder(limiter, request -> Optional.of(plan)).build();
  }

  /** A builder of a filter that chooses plans by {@link Builder#route} alone. */
  public static Builder builder(RateLimiter limiter) {
    return builder(limiter, request -> Optional.empty());
  }

  /**
   * A builder of a filter that also chooses plans itself.
   *
   * @param plans chooses the plan of a request at no {@link Builder#route}; a request without a
   *     plan proceeds unchecked. Must not use {@code getRequestURI()}, which a client can spell in
   *     many ways
   */
  public static Builder builder(
      RateLimiter limiter, Function<? super HttpServletRequest, Optional<Plan>> plans) {
    return new Builder(limiter, plans);
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)
        || http.getAttribute(decided) != null) {
      chain.doFilter(request, response);
      return;
    }
    http.setAttribute(decided, true);
    Optional<Plan> plan = plan(http);
    if (plan.isEmpty()) {
      chain.doFilter(http, answer);
      return;
    }
    Decision decision = limiter.check(plan.get(), asked(http, plan.get()));
    http.setAttribute(DECISION, decision);
    headers.write(decision, answer::setHeader);
    if (decision instanceof Decision.Denied denied) {
      refuse(Refusal.of(denied), answer);
    } else if (holdsPermits(plan.get())) {
      HeldRequest held = new HeldRequest(http, () -> limiter.release(decision));
      held.goOn(answer, chain);
    } else {
      chain.doFilter(http, answer);
    }
  }

  private Optional<Plan> plan(HttpServletRequest http) {
    if (!routes.isEmpty()) {
      String path = RequestPath.of(http);
      for (Route route : routes) {
        if (RequestPath.isAt(route.path(), path)) {
          return Optional.of(route.plan());
        }
      }
    }
    return plans.apply(http);
  }

  private Request asked(HttpServletRequest http, Plan plan) {
    List<String> forwarded = Collections.list(http.getHeaders(clients.header()));
    String client = clients.client(http.getRemoteAddr(), forwarded);
    Request request = Request.of("ip", client);
    Principal principal = http.getUserPrincipal();
    String name = principal == null ? null : principal.getName();
    if (name != null && !name.isEmpty()) {
      request = request.with(USER, name);
    } else if (needsUser(plan)) {
      request = request.with(USER, "\0" + client); // never a user's name
    }
    return keys.apply(http, principal == null ? request : request.as(principal));
  }

  private static boolean needsUser(Plan plan) {
    return plan.parts().stream()
        .anyMatch(part -> USER.equals(part.dimension()) && !part.optional());
  }

  private record Route(String path, Plan plan) {}

  private static void refuse(Refusal refusal, HttpServletResponse answer) throws IOException {
    byte[] body = refusal.body().getBytes(UTF_8);
    answer.setStatus(refusal.status());
    answer.setContentType(Refusal.CONTENT_TYPE);
    answer.setContentLength(body.length);
    answer.getOutputStream().write(body);
  }

  private static boolean holdsPermits(Plan plan) {
    return plan.parts().stream()
        .anyMatch(part -> part.policy().limit() instanceof Limit.Concurrency);
  }

  /** Collects settings and collaborators. One thread at a time. */
  public static final class Builder {
    private final RateLimiter limiter;
    private final Map<String, Plan> routes = new HashMap<>();
    private final Function<? super HttpServletRequest, Optional<Plan>> plans;
    private BiFunction<? super HttpServletRequest, Request, Request> keys =
        (http, request) -> request;
    private ClientAddresses clients = ClientAddresses.of(ClientAddressConfig.direct());
    private RateLimitHeaders headers = RateLimitHeaders.of(HeadersConfig.defaults());

    private Builder(
        RateLimiter limiter, Function<? super HttpServletRequest, Optional<Plan>> plans) {
      this.limiter = requireNonNull(limiter, "limiter");
      this.plans = requireNonNull(plans, "plans");
    }

    /**
     * Sets the plan of a path and of all paths below it; the longest matching route counts. Paths
     * are compared as the container dispatches them: decoded, below the context path, without path
     * parameters, empty segments and dots; {@code /} matches every path.
     *
     * @throws IllegalArgumentException if the path is not written so, such as {@code login} or
     *     {@code /a//b}, or has a plan already
     */
    public Builder route(String path, Plan plan) {
      if (!RequestPath.normalised(requireNonNull(path, "path")).equals(path)) {
        throw new IllegalArgumentException(
            "path: '" + path + "' (expected: " + RequestPath.normalised(path) + ")");
      }
      if (routes.putIfAbsent(path, requireNonNull(plan, "plan")) != null) {
        throw new IllegalArgumentException(
            "path: '" + path + "' (expected: one plan for each path)");
      }
      return this;
    }

    /** The proxies in front of this host; default none. */
    public Builder clients(ClientAddressConfig proxies) {
      clients = ClientAddresses.of(proxies);
      return this;
    }

    /** The headers of responses; default {@link HeadersConfig#defaults()}. */
    public Builder headers(HeadersConfig told) {
      headers = RateLimitHeaders.of(told);
      return this;
    }

    /** Adds keys of other dimensions to a request, or replaces those that it has; default none. */
    public Builder keys(BiFunction<? super HttpServletRequest, Request, Request> additional) {
      keys = requireNonNull(additional, "additional");
      return this;
    }

    /** The filter. */
    public RateLimitFilter build() {
      return new RateLimitFilter(this);
    }
  }
}
