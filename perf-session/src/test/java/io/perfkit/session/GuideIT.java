package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.LimitReached;
import io.perfkit.session.SessionOutcome.Unavailable;
import io.perfkit.session.http.CookieConfig;
import io.perfkit.session.http.SessionCookies;
import io.perfkit.session.servlet.RequestSession;
import io.perfkit.session.servlet.SessionFilter;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The Java of README.md and docs/guide/sessions.md, run. */
@RealRedis
final class GuideIT {
  private static final byte[] secretOf2026 = Secrets.bytes(1);
  private static final byte[] secretOf2027 = Secrets.bytes(2);

  record Cart(List<String> items) {}

  static final SessionAttribute<Cart> CART = SessionAttribute.of("cart", Codec.json(Cart.class));
  static final SessionAttribute<Long> PAGES = SessionAttribute.of("pages", Codec.longs());

  private static final Peppers peppers = Peppers.of(1, secretOf2026);

  /** The open sockets of a host. */
  record Sockets(Set<String> closed) {
    void close(String session) {
      closed.add(session);
    }
  }

  private final Sockets sockets = new Sockets(ConcurrentHashMap.newKeySet());
  private final RedisClient redis;
  private final RedisGuard patient;
  private final String userId = "42";

  GuideIT(TestRedis server) {
    redis = server.client();
    patient = // while it is open, what is built on the client has its budget
        RedisGuard.builder(redis)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
  }

  @AfterEach
  void close() {
    patient.close();
  }

  private final StringBuilder response = new StringBuilder();

  private void setCookie(String value) {
    response.replace(0, response.length(), value);
  }

  private SessionManager fresh() {
    SessionManager sessions = SessionManager.create(redis, "guide", Peppers.of(1, secretOf2026));
    sessions.invalidateAll(userId);
    return sessions;
  }

  @Test
  void fiveLines() {
    Peppers peppers = Peppers.of(1, secretOf2026);
    SessionManager sessions = SessionManager.create(redis, "shop", peppers);
    Session session = sessions.login(Login.of(userId)).session().orElseThrow();
    setCookie(session.token().text());
    SessionOutcome outcome = sessions.get(response.toString()); // one round trip

    assertThat(outcome.session().orElseThrow().user()).contains(userId);
    sessions.invalidateAll(userId);
    sessions.close();
  }

  @Test
  void withoutRedis() {
    SessionManager sessions = SessionManager.local("shop");
    Session session = sessions.login(Login.of(userId)).session().orElseThrow();
    SessionOutcome outcome = sessions.get(session.token().text());

    assertThat(outcome.session().orElseThrow().user()).contains(userId);
    sessions.close();
  }

  @Test
  void aRequest() {
    try (SessionManager sessions = fresh()) {
      Session made = sessions.login(Login.of(userId)).session().orElseThrow();
      String cookie = made.token().text();
      int status = 200;

      SessionOutcome outcome = sessions.get(cookie);
      if (outcome instanceof Active active) {
        Session session = active.value();
        if (active.renewalDue()) {
          session = sessions.rotate(session).session().orElse(session);
          setCookie(session.token().text());
        }
        session.set(CART, new Cart(List.of("apples")));
        sessions.save(session);
        sessions.increment(session, PAGES, 1);
      } else if (outcome instanceof Unavailable) {
        status = 503; // nobody is logged out because Redis is down
      } else {
        status = 401;
      }

      assertThat(status).isEqualTo(200);
      Session found = sessions.get(cookie).session().orElseThrow();
      assertThat(found.get(CART)).contains(new Cart(List.of("apples")));
      assertThat(found.get(PAGES)).contains(1L);
    }
  }

  @Test
  void aLogin() {
    try (SessionManager sessions = fresh()) {
      Session anonymous = sessions.create().session().orElseThrow();

      SessionOutcome outcome =
          sessions.login(Login.of(userId).from(anonymous).client("Firefox on Linux"));
      if (outcome instanceof LimitReached limit) {
        showSessions(limit.existing());
      }

      assertThat(outcome.session().orElseThrow().client()).isEqualTo("Firefox on Linux");
    }
  }

  private static void showSessions(List<SessionInfo> existing) {
    assertThat(existing).isNotEmpty();
  }

  @Test
  void aLogout() {
    try (SessionManager sessions = fresh()) {
      Session session = sessions.login(Login.of(userId)).session().orElseThrow();
      sessions.login(Login.of(userId));
      assertThat(sessions.list(userId)).hasSize(2);

      for (SessionInfo one : sessions.list(userId)) {
        if (!one.id().equals(session.id())) {
          sessions.invalidate(userId, one); // "end this one"
        }
      }
      sessions.invalidateOthers(session); // after a change of password
      sessions.invalidate(session); // logout
      sessions.invalidateAll(userId); // logout everywhere

      assertThat(sessions.count(userId)).isZero();
    }
  }

  private record Request(String cookie) {
    List<String> headers(String name) {
      return name.equals("Cookie") ? List.of(cookie) : List.of();
    }

    String header(String name) {
      return name.equals("User-Agent") ? "Firefox" : "";
    }
  }

  private record Response(Map<String, String> headers) {
    void addHeader(String name, String value) {
      headers.merge(name, value, (first, second) -> first + ", " + second);
    }
  }

  @Test
  void aCookie() {
    try (SessionManager sessions = fresh()) {
      Session session = sessions.login(Login.of(userId)).session().orElseThrow();
      Request request = new Request("a=b; __Host-session=" + session.token().text());
      Response response = new Response(new HashMap<>());

      SessionCookies cookies = SessionCookies.of(CookieConfig.defaults());
      List<String> tokens = cookies.tokens(request.headers("Cookie"));
      SessionOutcome outcome = sessions.get(tokens); // one round trip for up to four cookies

      assertThat(outcome.session().orElseThrow().id()).isEqualTo(session.id());

      cookies.write(session, response::addHeader); // after create, login and rotate
      cookies.logout(response::addHeader); // after invalidate
      assertThat(response.headers().get("Set-Cookie"))
          .contains(session.token().text())
          .contains("Max-Age=0");
    }
  }

  @Test
  void settings() {
    SessionConfig config =
        SessionConfig.builder()
            .idle(Duration.ofMinutes(15))
            .absolute(Duration.ofHours(12))
            .maxPerUser(3)
            .onLimit(LimitPolicy.EVICT_OLDEST)
            .build();
    Peppers peppers = Peppers.of(2, secretOf2027).accepting(1, secretOf2026);
    SessionManager sessions =
        SessionManager.builder(redis, "guide", peppers).config(config).build();

    assertThat(sessions.health().healthy()).isTrue();
    sessions.close();
  }

  @Test
  void events() {
    SessionConfig config = SessionConfig.builder().maxEvents(10_000).build(); // on every node
    SessionManager sessions =
        SessionManager.builder(redis, "guide", peppers)
            .config(config)
            .listener(
                event -> {
                  if (event instanceof SessionEvent.Ended ended) {
                    sockets.close(ended.id());
                  }
                })
            .build();

    Session session = sessions.login(Login.of(userId)).session().orElseThrow();
    sessions.invalidate(session);
    Await.until(
        "the socket is closed",
        Duration.ofSeconds(30),
        () -> sockets.closed().contains(session.id()));
    sessions.close();
  }

  @Test
  void binding() throws Exception {
    InetAddress address = InetAddress.getByName("192.0.2.7");
    Request request = new Request("");
    SessionConfig config = SessionConfig.builder().binding(BindingPolicy.TERMINATE).build();
    try (SessionManager sessions = SessionManager.localBuilder("bound").config(config).build()) {
      Binding client = Binding.of(request.header("User-Agent"), address);
      SessionOutcome login = sessions.login(Login.of(userId).binding(client));
      List<String> tokens = List.of(login.session().orElseThrow().token().text());
      SessionOutcome outcome = sessions.get(tokens, Touch.YES, client);

      assertThat(outcome.session()).isPresent();
    }
  }

  @Test
  void development() {
    SessionManager sessions = SessionManager.local("shop");

    assertThat(sessions.create().session()).isPresent();
    sessions.close();
  }

  @Test
  void aFilter() {
    SessionManager sessions = SessionManager.local("filter");
    SessionFilter filter =
        SessionFilter.builder(sessions, SessionCookies.of(CookieConfig.defaults()))
            .attributes(CART)
            .touch(request -> request.getHeader("X-Poll") == null ? Touch.YES : Touch.NO)
            .build();
    assertThat(filter).isNotNull();
    sessions.close();
  }

  void aLogin(HttpServletRequest request) {
    RequestSession here = RequestSession.of(request).orElseThrow();
    SessionOutcome outcome = here.login(Login.of(userId)); // a new token
    here.logout();
    assertThat(outcome).isNotNull();
  }
}
