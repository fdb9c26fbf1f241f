package io.perfkit.examples.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.hosts.PlainHostGuideIT.ProductService;
import io.perfkit.examples.hosts.PlainHostGuideIT.Shop;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.servlet.RateLimitFilter;
import io.perfkit.session.Login;
import io.perfkit.session.Peppers;
import io.perfkit.session.SessionManager;
import io.perfkit.session.http.CookieConfig;
import io.perfkit.session.http.SessionCookies;
import io.perfkit.session.servlet.RequestSession;
import io.perfkit.session.servlet.SessionFilter;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import javax.sql.DataSource;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** An application in a servlet container. */
@RealRedis
@RealPostgres
final class ServletHostGuideIT {
  private final TestRedis redis;
  private final DataSource postgres;

  ServletHostGuideIT(TestRedis redis, TestDatabase database) throws SQLException {
    this.redis = redis;
    this.postgres = database.dataSource();
    Products.create(postgres);
  }

  static final class ShopListener implements ServletContextListener {
    private final Shop shop;
    private final SessionManager sessions;

    ShopListener(DataSource postgres, UnifiedJedis redis, String prefix, byte[] secret) {
      shop = new Shop(postgres, redis, prefix);
      sessions = SessionManager.create(redis, prefix, Peppers.of(1, secret));
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
      ServletContext context = event.getServletContext();
      Plan perAddress =
          Plan.of("web").with(Policy.tokenBucket("address", 100, Duration.ofSeconds(1)), "ip");
      filter(context.addFilter("limits", RateLimitFilter.of(shop.limiter, perAddress)));
      SessionCookies cookies = SessionCookies.of(CookieConfig.development());
      filter(context.addFilter("sessions", SessionFilter.of(sessions, cookies)));
      context.addServlet("products", new ProductServlet(shop.products)).addMapping("/products/*");
    }

    private static void filter(FilterRegistration.Dynamic filter) {
      filter.setAsyncSupported(true);
      filter.addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
      sessions.close();
      shop.close();
    }
  }

  static final class ProductServlet extends HttpServlet {
    private static final long serialVersionUID = 1;
    private final transient ProductService products;

    ProductServlet(ProductService products) {
      this.products = products;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws ServletException, IOException {
      try {
        long id = Long.parseLong(request.getPathInfo().substring(1));
        response.getWriter().print(products.find(id).map(Product::name).orElse("none"));
      } catch (SQLException e) {
        throw new ServletException(e);
      }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
      RequestSession session = RequestSession.of(request).orElseThrow();
      session.login(Login.of("user-1")); // after the password was checked
    }
  }

  @Test
  void aShopIsWiredByAListener() throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.addEventListener(
        new ShopListener(postgres, redis.client(), redis.prefix(), new byte[32]));
    server.setHandler(context);
    server.start();
    try {
      URI tea = URI.create("http://127.0.0.1:" + connector.getLocalPort() + "/products/1");
      CookieManager cookies = new CookieManager();
      HttpClient client = HttpClient.newBuilder().cookieHandler(cookies).build();

      assertThat(client.send(HttpRequest.newBuilder(tea).build(), BodyHandlers.ofString()).body())
          .isEqualTo("tea");
      HttpRequest login =
          HttpRequest.newBuilder(tea).POST(HttpRequest.BodyPublishers.noBody()).build();
      assertThat(client.send(login, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      assertThat(cookies.getCookieStore().getCookies()).hasSize(1);
    } finally {
      server.stop();
    }
  }
}
