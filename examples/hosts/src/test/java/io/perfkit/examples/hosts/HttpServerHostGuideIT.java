package io.perfkit.examples.hosts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.perfkit.examples.hosts.PlainHostGuideIT.Shop;
import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.Request;
import io.perfkit.ratelimit.http.HeadersConfig;
import io.perfkit.ratelimit.http.RateLimitHeaders;
import io.perfkit.ratelimit.http.Refusal;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** An application on a server without servlets. */
@RealRedis
@RealPostgres
final class HttpServerHostGuideIT {
  private final TestRedis redis;
  private final DataSource postgres;

  HttpServerHostGuideIT(TestRedis redis, TestDatabase database) throws SQLException {
    this.redis = redis;
    this.postgres = database.dataSource();
    Products.create(postgres);
  }

  static final class ProductHandler {
    private final Shop shop;
    private final RateLimitHeaders headers = RateLimitHeaders.of(HeadersConfig.defaults());
    private final Plan perAddress =
        Plan.of("web").with(Policy.slidingWindow("address", 1, Duration.ofMinutes(1)), "ip");

    ProductHandler(Shop shop) {
      this.shop = shop;
    }

    void handle(HttpExchange exchange) throws IOException {
      String address = exchange.getRemoteAddress().getAddress().getHostAddress();
      Decision decision = shop.limiter.check(perAddress, Request.of("ip", address));
      headers.write(decision, exchange.getResponseHeaders()::set);
      if (decision instanceof Decision.Denied denied) {
        Refusal refusal = Refusal.of(denied);
        send(exchange, refusal.status(), refusal.body());
        return;
      }
      try {
        String name = shop.products.find(1).map(Product::name).orElse("none");
        send(exchange, 200, name);
      } catch (SQLException e) {
        send(exchange, 500, "");
      }
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
      byte[] body = text.getBytes(UTF_8);
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    }
  }

  @Test
  void aShopIsAskedByAHandler() throws Exception {
    try (Shop shop = new Shop(postgres, redis.client(), redis.prefix())) {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", new ProductHandler(shop)::handle);
      server.start();
      try {
        URI tea = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest get = HttpRequest.newBuilder(tea).build();
        assertThat(client.send(get, BodyHandlers.ofString()).body()).isEqualTo("tea");
        HttpResponse<String> refused = client.send(get, BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      } finally {
        server.stop(0);
      }
    }
  }
}
