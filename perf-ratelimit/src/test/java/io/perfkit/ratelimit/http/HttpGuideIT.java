package io.perfkit.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import io.perfkit.ratelimit.servlet.RateLimitFilter;
import io.perfkit.ratelimit.weave.RateLimitAspect;
import io.perfkit.ratelimit.weave.RateLimited;
import io.perfkit.weave.Weaver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Java of docs/guide/ratelimit-http.md, run. */
final class HttpGuideIT {
  private final RateLimiter limiter = RateLimiter.local();
  private final Policy general = Policy.tokenBucket("general", 10, Duration.ofSeconds(1));
  private final Policy auth = Policy.slidingWindow("auth", 6, Duration.ofMinutes(1));
  private final Plan api = Plan.of("api").with(general, "ip");
  private final Plan login = Plan.of("login").with(general, "ip").with(auth, "ip");

  @AfterEach
  void close() {
    limiter.close();
  }

  @Test
  void aFilterForAServletContainer() {
    ServletContextHandler context = new ServletContextHandler();

    RateLimitFilter filter =
        RateLimitFilter.builder(limiter)
            .route("/", api)
            .route("/login", login)
            .clients(ClientAddressConfig.behind("10.0.0.0/8"))
            .headers(HeadersConfig.builder().rateLimit(true).build())
            .build();
    context.addFilter(new FilterHolder(filter), "/*", null);

    assertThat(context.getServletHandler().getFilters()).hasSize(1);
  }

  @Test
  void withoutAServletContainer() {
    String peer = "10.0.0.7";
    List<String> forwardedFor = List.of("192.0.2.1");
    Map<String, String> response = new TreeMap<>();

    ClientAddresses clients = ClientAddresses.of(ClientAddressConfig.behind("10.0.0.0/8"));
    RateLimitHeaders headers = RateLimitHeaders.of(HeadersConfig.defaults());
    Request request = Request.of("ip", clients.client(peer, forwardedFor));
    Decision decision = limiter.check(api, request);
    headers.write(decision, response::put);
    if (decision instanceof Decision.Denied denied) {
      Refusal refusal = Refusal.of(denied); // status and JSON body
      response.put("Content-Type", Refusal.CONTENT_TYPE);
      response.put(":status", Integer.toString(refusal.status()));
    }

    assertThat(decision.allowed()).isTrue();
    assertThat(response)
        .containsEntry("X-RateLimit-Limit", "10")
        .containsEntry("X-RateLimit-Remaining", "9");
  }

  record Order(long customerId) {}

  static class OrderService {
    @RateLimited(plan = "orders", key = "order.customerId")
    String place(Order order) {
      return "placed";
    }
  }

  @Test
  void aMethodBehindAPlan() {
    Plan orders =
        Plan.of("orders")
            .with(Policy.slidingWindow("orders", 1, Duration.ofMinutes(1)), "customer");
    Weaver weaver = Weaver.of(RateLimitAspect.of(limiter, orders));
    OrderService service = weaver.create(OrderService.class);

    assertThat(service.place(new Order(1))).isEqualTo("placed");
    assertThatThrownBy(() -> service.place(new Order(1))).isInstanceOf(RateLimitExceeded.class);
    assertThat(service.place(new Order(2))).isEqualTo("placed");
  }
}
