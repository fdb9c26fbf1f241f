package io.perfkit.session.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.session.Binding;
import io.perfkit.session.BindingPolicy;
import io.perfkit.session.EndReason;
import io.perfkit.session.LimitPolicy;
import io.perfkit.session.Login;
import io.perfkit.session.Peppers;
import io.perfkit.session.Session;
import io.perfkit.session.SessionAttribute;
import io.perfkit.session.SessionConfig;
import io.perfkit.session.SessionManager;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.LimitReached;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Rotated;
import io.perfkit.session.Touch;
import io.perfkit.session.http.CookieConfig;
import io.perfkit.session.http.SessionCookies;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionAttributeListener;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionIdListener;
import jakarta.servlet.http.HttpSessionListener;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EventListener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** What existing servlet code finds behind the filter, asked for over HTTP in a real container. */
abstract class ServletContract {
  /** A value that changes in place. */
  record Cart(List<String> items) {}

  /** A value that hears where it stands. */
  static final class Heard implements HttpSessionBindingListener {
    static final List<String> CALLS = new CopyOnWriteArrayList<>();

    public String name = "";

    @Override
    public void valueBound(HttpSessionBindingEvent event) {
      CALLS.add("bound " + name + " as " + event.getName());
    }

    @Override
    public void valueUnbound(HttpSessionBindingEvent event) {
      CALLS.add("unbound " + name + " from " + event.getName());
    }
  }

  static final SessionAttribute<Cart> CART = SessionAttribute.of("cart", Codec.json(Cart.class));
  static final SessionAttribute<Heard> HEARD =
      SessionAttribute.of("heard", Codec.json(Heard.class));
  static final String COOKIE = "session";

  /** What a path does. */
  interface Page {
    void serve(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException;
  }

  record Answer(int status, String body, List<String> cookies, Map<String, List<String>> headers) {
    /** The token that the client has now. */
    String token() {
      assertThat(cookies).as("Set-Cookie").hasSize(1);
      String value = cookies.get(0).substring(COOKIE.length() + 1);
      return value.substring(0, value.indexOf(';'));
    }
  }

  /** Serves what a test has put there. */
  final class Pages extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException {
      Object included = request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH);
      String path = included == null ? request.getServletPath() : included.toString();
      Page page = pages.get(path);
      if (page == null) {
        write(response, path.equals("/error") ? "an error page" : "no page");
        return;
      }
      try {
        page.serve(request, response);
      } catch (AssertionError e) {
        failures.add(e);
        throw e;
      }
    }
  }

  final Map<String, Page> pages = new ConcurrentHashMap<>();
  private final List<AssertionError> failures = new CopyOnWriteArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<SessionManager> managers = new ArrayList<>();
  private int port;

  /** Whether /error is the page of all errors. */
  boolean errorPage = true;

  /**
   * Starts a container with {@code filter} before all of all dispatches, the servlet at all paths,
   * and maybe an error page; its port.
   */
  abstract int start(Filter filter, HttpServlet servlet);

  abstract void stop();

  @AfterEach
  void close() {
    stop();
    managers.forEach(SessionManager::close);
    assertThat(failures).isEmpty();
  }

  private SessionManager sessions(SessionConfig.Builder config) {
    SessionManager sessions =
        SessionManager.localBuilder("shop").config(config.build()).meterRegistry(registry).build();
    managers.add(sessions);
    return sessions;
  }

  private SessionManager serve(SessionConfig.Builder config) {
    SessionManager sessions = sessions(config);
    serve(sessions);
    return sessions;
  }

  final void serve(SessionManager sessions) {
    serve(builder(sessions).build());
  }

  static SessionFilter.Builder builder(SessionManager sessions) {
    return SessionFilter.builder(sessions, SessionCookies.of(CookieConfig.development()))
        .attributes(CART, HEARD);
  }

  private void serve(Filter filter) {
    port = start(filter, new Pages());
  }

  private long roundTrips() {
    return registry.get("perf.session.calls").timer().count();
  }

  final Answer get(String path, @Nullable String token, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(60));
    if (token != null) {
      request.header("Cookie", COOKIE + "=" + token);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(
          response.statusCode(),
          response.body(),
          response.headers().allValues("Set-Cookie"),
          response.headers().map());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void until(BooleanSupplier holds) {
    Await.until("holds", Duration.ofSeconds(60), holds);
  }

  private static void write(HttpServletResponse response, @Nullable Object body)
      throws IOException {
    response.getWriter().print(body);
  }

  /** What the store holds under the token of the session of {@code request} by now. */
  private static Optional<String> stored(SessionManager sessions, HttpServletRequest request) {
    Session here = RequestSession.of(request).orElseThrow().session().orElseThrow();
    return sessions
        .get(here.token().text(), Touch.NO)
        .session()
        .flatMap(session -> session.get(SessionAttribute.of("a", ScalarCodec.ONLY)))
        .map(Object::toString);
  }

  @Test
  void readingMakesNoSessionAndAsksNothing() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put("/read", (request, response) -> write(response, request.getSession(false)));
    Answer answer = get("/read", null);
    assertThat(answer.body()).isEqualTo("null");
    assertThat(answer.cookies()).isEmpty();
    assertThat(get("/read", "forged").body()).isEqualTo("null");
    pages.put("/other", (request, response) -> write(response, "x"));
    get("/other", "A".repeat(64));
    assertThat(roundTrips()).isZero();
    assertThat(sessions.stats().created()).isZero();
  }

  @Test
  void aSessionLivesFromRequestToRequest() {
    serve(SessionConfig.builder());
    pages.put(
        "/write",
        (request, response) -> {
          HttpSession session = request.getSession();
          assertThat(request.getSession(false)).isSameAs(session);
          assertThat(session.isNew()).isTrue();
          assertThat(session.getServletContext()).isNotNull();
          assertThat(request.getRequestedSessionId()).isNull();
          session.setAttribute("name", "Ännchen");
          session.setAttribute("count", 3);
          session.setAttribute("id", 1L << 40);
          session.setAttribute("part", 0.25);
          session.setAttribute("flag", true);
          write(response, session.getId());
        });
    pages.put(
        "/read",
        (request, response) -> {
          HttpSession session = request.getSession(false);
          assertThat(session.isNew()).isFalse();
          assertThat(session.getAttribute("name")).isEqualTo("Ännchen");
          assertThat(session.getAttribute("count")).isEqualTo(3);
          assertThat(session.getAttribute("id")).isEqualTo(1L << 40);
          assertThat(session.getAttribute("part")).isEqualTo(0.25);
          assertThat(session.getAttribute("flag")).isEqualTo(true);
          assertThat(session.getAttribute("none")).isNull();
          assertThat(session.getAttribute("no name of ours: ä")).isNull();
          assertThat(Collections.list(session.getAttributeNames()))
              .containsExactly("count", "flag", "id", "name", "part");
          assertThat(session.getCreationTime()).isLessThanOrEqualTo(session.getLastAccessedTime());
          assertThat(request.getRequestedSessionId()).isEqualTo(session.getId());
          assertThat(request.isRequestedSessionIdValid()).isTrue();
          assertThat(request.isRequestedSessionIdFromCookie()).isTrue();
          assertThat(request.isRequestedSessionIdFromURL()).isFalse();
          assertThat(response.encodeURL("/a")).isEqualTo("/a");
          assertThat(response.encodeRedirectURL("/a")).isEqualTo("/a");
          session.removeAttribute("count");
          session.setAttribute("flag", null);
          write(response, session.getId());
        });
    pages.put(
        "/left",
        (request, response) ->
            write(response, Collections.list(request.getSession().getAttributeNames())));

    Answer made = get("/write", null);
    String token = made.token();
    assertThat(made.body()).isNotEqualTo(token);
    assertThat(made.headers().get("cache-control")).containsExactly("no-store");
    Answer read = get("/read", token);
    assertThat(read.cookies()).isEmpty();
    assertThat(read.body()).isEqualTo(made.body());
    assertThat(get("/left", token).body()).isEqualTo("[id, name, part]");
    assertThat(roundTrips()).isEqualTo(2 + 2 + 1);
  }

  @Test
  void aForgedTokenIsNeitherAcceptedNorShown() {
    serve(SessionConfig.builder());
    String forged = "AQ" + "A".repeat(62);
    pages.put(
        "/read",
        (request, response) -> {
          assertThat(request.getRequestedSessionId()).isEqualTo("unknown");
          assertThat(request.isRequestedSessionIdValid()).isFalse();
          assertThat(RequestSession.of(request).orElseThrow().outcome()).isEqualTo(new NotFound());
          write(response, request.getSession().getId());
        });
    assertThat(get("/read", forged).token()).isNotEqualTo(forged);
  }

  @Test
  void isSavedBeforeTheResponseLeaves() {
    SessionManager sessions = serve(SessionConfig.builder());
    Map<String, Page> ways = new HashMap<>();
    ways.put("/redirect", (request, response) -> response.sendRedirect("/elsewhere"));
    ways.put("/error", (request, response) -> response.sendError(418));
    ways.put("/refuse", (request, response) -> response.sendError(418, "no coffee"));
    ways.put("/flush", (request, response) -> response.flushBuffer());
    ways.put(
        "/stream",
        (request, response) -> {
          response.getOutputStream().print("x");
          response.getOutputStream().flush();
        });
    ways.put("/closed", (request, response) -> response.getOutputStream().close());
    ways.put(
        "/writer",
        (request, response) -> {
          response.getWriter().println("x");
          response.getWriter().flush();
        });
    ways.put("/checked", (request, response) -> response.getWriter().checkError());
    ways.put("/shut", (request, response) -> response.getWriter().close());
    ways.put(
        "/length",
        (request, response) -> {
          response.setContentLength(3);
          response.getOutputStream().write("abc".getBytes(UTF_8));
        });
    ways.put(
        "/header",
        (request, response) -> {
          response.setHeader("content-length", "3");
          response.getWriter().write("abc");
        });
    ways.put(
        "/full",
        (request, response) -> {
          for (int i = 0; i < 1_000_000 && !response.isCommitted(); i++) {
            response.getWriter().write("é");
          }
          assertThat(response.isCommitted()).isTrue();
        });
    ways.put(
        "/bulk",
        (request, response) -> {
          byte[] most = new byte[response.getBufferSize() * 2];
          response.getOutputStream().write(most);
          assertThat(response.isCommitted()).isTrue();
        });
    ways.put(
        "/include",
        (request, response) -> {
          request.getRequestDispatcher("/fragment").include(request, response);
          response.flushBuffer();
        });
    pages.put("/fragment", (request, response) -> write(response, "part"));
    for (Map.Entry<String, Page> way : ways.entrySet()) {
      AtomicReference<String> token = new AtomicReference<>();
      pages.put(
          way.getKey(),
          (request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ERROR) {
              return;
            }
            request.getSession().setAttribute("a", way.getKey());
            token.set(
                RequestSession.of(request).orElseThrow().session().orElseThrow().token().text());
            way.getValue().serve(request, response);
            assertThat(stored(sessions, request)).as(way.getKey()).contains(way.getKey());
          });
      assertThat(get(way.getKey(), null).token()).as(way.getKey()).isEqualTo(token.get());
    }
  }

  @Test
  void whatIsChangedAfterTheResponseHasLeftIsSavedAtTheEnd() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put(
        "/late",
        (request, response) -> {
          HttpSession session = request.getSession();
          response.flushBuffer();
          session.setAttribute("a", "late");
          assertThatThrownBy(request::changeSessionId).isInstanceOf(IllegalStateException.class);
        });
    String token = get("/late", null).token();
    until(() -> !sessions.get(token, Touch.NO).session().orElseThrow().attributeNames().isEmpty());
    pages.put(
        "/tooLate",
        (request, response) -> {
          response.flushBuffer();
          assertThatThrownBy(request::getSession)
              .isInstanceOf(IllegalStateException.class)
              .hasMessage(
                  "response: committed (expected: not yet, for a new session needs a cookie)");
        });
    assertThat(get("/tooLate", null).cookies()).isEmpty();
  }

  @Test
  void allDispatchesHaveOneSessionAndOneCookie() {
    SessionManager sessions = serve(SessionConfig.builder());
    Page makes =
        (request, response) -> {
          HttpSession session = request.getSession();
          Object before = session.getAttribute("a");
          session.setAttribute("a", (before == null ? "" : before) + "+");
        };
    pages.put("/part", makes);
    pages.put(
        "/forward",
        (request, response) -> {
          makes.serve(request, response);
          request.getRequestDispatcher("/part").forward(request, response);
        });
    pages.put(
        "/include",
        (request, response) -> {
          request.getRequestDispatcher("/part").include(request, response);
          request.getRequestDispatcher("/part").include(request, response);
        });
    pages.put(
        "/error",
        (request, response) -> {
          makes.serve(request, response);
          write(response, "page of " + request.getSession().getAttribute("a"));
        });
    pages.put(
        "/fail",
        (request, response) -> {
          makes.serve(request, response);
          response.sendError(500);
        });
    pages.put(
        "/throw",
        (request, response) -> {
          makes.serve(request, response);
          throw new ServletException("as tests do");
        });
    pages.put(
        "/bare",
        (request, response) -> {
          throw new IllegalStateException("as tests do, without a session");
        });
    pages.put(
        "/async",
        (request, response) -> {
          makes.serve(request, response);
          request.startAsync().dispatch("/part");
        });
    for (String path : List.of("/forward", "/include", "/fail", "/throw", "/async", "/bare")) {
      long created = sessions.stats().created();
      Answer answer = get(path, null);
      assertThat(answer.cookies()).as(path + " " + answer).hasSize(1);
      Session session = sessions.get(answer.token(), Touch.NO).session().orElseThrow();
      assertThat(session.get(SessionAttribute.of("a", ScalarCodec.ONLY)))
          .as(path)
          .contains(path.equals("/bare") ? "+" : "++");
      assertThat(sessions.stats().created()).as(path).isEqualTo(created + 1);
      if (answer.status() == 500) {
        assertThat(answer.body()).isEqualTo(path.equals("/bare") ? "page of +" : "page of ++");
      }
    }
  }

  @Test
  void anAsynchronousRequestIsSavedOnceAndBeforeItCompletes() {
    SessionManager sessions = serve(SessionConfig.builder());
    CountDownLatch returned = new CountDownLatch(1);
    pages.put(
        "/async",
        (request, response) -> {
          request.getSession().setAttribute("b", "container");
          AsyncContext context = request.startAsync();
          assertThat(context.hasOriginalRequestAndResponse()).isTrue();
          context.start(
              () -> {
                try {
                  returned.await();
                  HttpServletRequest later = (HttpServletRequest) context.getRequest();
                  later.getSession(false).setAttribute("a", "worker");
                  context.getResponse().getWriter().print("done");
                  later.getAsyncContext().complete();
                } catch (IOException | InterruptedException | RuntimeException e) {
                  failures.add(new AssertionError(e));
                  context.complete();
                }
              });
        });
    pages.put("/release", (request, response) -> returned.countDown());
    AtomicReference<Answer> answer = new AtomicReference<>();
    Thread asking = new Thread(() -> answer.set(get("/async", null)));
    asking.start();
    get("/release", null);
    until(() -> answer.get() != null);
    String token = answer.get().token();
    assertThat(answer.get().body()).isEqualTo("done");
    assertThat(sessions.get(token).session().orElseThrow().attributeNames())
        .containsExactly("a", "b");
    assertThat(roundTrips()).isEqualTo(2 + 1);
  }

  @Test
  void anAsynchronousResponseEndsThoughItsSessionCannotBeSaved() {
    serve(SessionConfig.builder().maxAttributeBytes(100).maxSessionBytes(150));
    AtomicReference<IllegalStateException> told = new AtomicReference<>();
    pages.put(
        "/async",
        (request, response) -> {
          request.getSession().setAttribute("a", "x".repeat(90));
          request.getSession().setAttribute("b", "x".repeat(90));
          AsyncContext context = request.startAsync();
          context.setTimeout(0);
          context.start(
              () -> {
                try {
                  context.complete();
                } catch (IllegalStateException e) {
                  told.set(e);
                }
              });
        });
    assertThat(get("/async", null).status()).isEqualTo(500);
    until(() -> told.get() != null);
    assertThat(told.get()).hasMessageContaining("maxSessionBytes");
  }

  @Test
  void anAsynchronousRequestThatTimesOutKeepsWhatWasChanged() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put(
        "/slow",
        (request, response) -> {
          request.getSession().setAttribute("a", "kept");
          request.startAsync().setTimeout(1_000);
        });
    Answer answer = get("/slow", null);
    assertThat(answer.status()).isEqualTo(500);
    assertThat(sessions.get(answer.token()).session().orElseThrow().attributeNames())
        .containsExactly("a");
  }

  @Test
  void anAsynchronousTimeOutIsSavedBeforeTheAnswerAlsoWithoutAnErrorPage() {
    errorPage = false;
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put(
        "/slow",
        (request, response) -> {
          request.getSession().setAttribute("a", "kept");
          request.startAsync().setTimeout(500);
        });
    Answer answer = get("/slow", null);
    assertThat(answer.status()).isEqualTo(500);
    assertThat(sessions.get(answer.token()).session().orElseThrow().attributeNames())
        .containsExactly("a");
  }

  @Test
  void anObjectThatWasReadDoesNotOverwriteALaterSetOfTheSessionItself() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put(
        "/make",
        (request, response) ->
            request
                .getSession()
                .setAttribute("cart", new Cart(new ArrayList<>(List.of("apples")))));
    pages.put(
        "/both",
        (request, response) -> {
          HttpSession view = request.getSession(false);
          Cart read = (Cart) view.getAttribute("cart");
          read.items().add("lost, since set otherwise below");
          Session session = RequestSession.of(request).orElseThrow().session().orElseThrow();
          session.set(CART, new Cart(new ArrayList<>(List.of("pears"))));
          Cart now = (Cart) view.getAttribute("cart");
          assertThat(now.items()).containsExactly("pears");
          if (request.getParameter("more") != null) {
            now.items().add("plums");
          }
        });
    pages.put(
        "/removed",
        (request, response) -> {
          ((Cart) request.getSession(false).getAttribute("cart")).items().add("lost");
          RequestSession.of(request).orElseThrow().session().orElseThrow().remove(CART);
        });
    String token = get("/make", null).token();
    get("/both", token);
    assertThat(cart(sessions, token)).contains(List.of("pears"));
    get("/both?more", token);
    assertThat(cart(sessions, token)).contains(List.of("pears", "plums"));
    get("/removed", token);
    assertThat(cart(sessions, token)).isEmpty();
  }

  private static Optional<List<String>> cart(SessionManager sessions, String token) {
    return sessions.get(token).session().orElseThrow().get(CART).map(Cart::items);
  }

  @Test
  void whatWasInvalidatedIsGone() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put("/make", (request, response) -> request.getSession().setAttribute("a", 1));
    pages.put(
        "/end",
        (request, response) -> {
          HttpSession session = request.getSession();
          session.invalidate();
          assertThat(request.getSession(false)).isNull();
          assertThat(request.isRequestedSessionIdValid()).isFalse();
          assertThat(session.getId()).isNotEmpty();
          assertThatThrownBy(session::invalidate)
              .isInstanceOf(IllegalStateException.class)
              .hasMessage("session: invalidated (expected: a live one)");
          assertThatThrownBy(() -> session.getAttribute("a"))
              .isInstanceOf(IllegalStateException.class);
          assertThatThrownBy(() -> session.setAttribute("a", 2))
              .isInstanceOf(IllegalStateException.class);
          assertThatThrownBy(session::isNew).isInstanceOf(IllegalStateException.class);
          assertThatThrownBy(request::changeSessionId).isInstanceOf(IllegalStateException.class);
          if (request.getParameter("again") != null) {
            assertThat(request.getSession().isNew()).isTrue();
            assertThat(request.getSession().getAttribute("a")).isNull();
          }
        });
    String token = get("/make", null).token();
    Answer ended = get("/end", token);
    assertThat(ended.cookies()).hasSize(1);
    assertThat(ended.cookies().get(0)).startsWith("session=;").contains("Max-Age=0");
    assertThat(sessions.get(token)).isInstanceOf(Revoked.class);

    String other = get("/make", null).token();
    String fresh = get("/end?again=1", other).token();
    assertThat(fresh).isNotEqualTo(other);
    assertThat(sessions.get(fresh)).isInstanceOf(Active.class);
  }

  @Test
  void aRequestHalfWayDoesNotBringBackWhatAnotherEnded() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put("/make", (request, response) -> request.getSession());
    pages.put(
        "/half",
        (request, response) -> {
          HttpSession session = request.getSession();
          sessions.invalidate(
              RequestSession.of(request).orElseThrow().session().orElseThrow().token().text());
          session.setAttribute("a", "late");
          response.flushBuffer();
          assertThat(request.getSession(false)).isNull();
          assertThatThrownBy(() -> session.setAttribute("a", "later"))
              .isInstanceOf(IllegalStateException.class);
        });
    String token = get("/make", null).token();
    assertThat(get("/half", token).status()).isEqualTo(200);
    assertThat(sessions.get(token)).isInstanceOf(Revoked.class);
  }

  @Test
  void anotherIdIsAnotherTokenAndTheOldOneEnds() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put("/make", (request, response) -> request.getSession().setAttribute("a", "kept"));
    pages.put(
        "/change",
        (request, response) -> {
          HttpSession session = request.getSession();
          String before = session.getId();
          String after = request.changeSessionId();
          assertThat(after).isEqualTo(session.getId()).isNotEqualTo(before);
          assertThat(request.changeSessionId()).isNotEqualTo(after);
          session.setAttribute("b", "new");
        });
    pages.put(
        "/none",
        (request, response) ->
            assertThatThrownBy(request::changeSessionId).isInstanceOf(IllegalStateException.class));
    get("/none", null);
    String token = get("/make", null).token();
    String fresh = get("/change", token).token();
    assertThat(sessions.get(token)).isEqualTo(new Rotated());
    assertThat(sessions.get(fresh).session().orElseThrow().attributeNames())
        .containsExactly("a", "b");
    assertThat(get("/change?made=now", null).cookies()).hasSize(1);
  }

  @Test
  void anOldTokenIsRenewedWithItsCookie() {
    SessionManager sessions = serve(SessionConfig.builder().renewal(Duration.ofMillis(1)));
    pages.put("/make", (request, response) -> request.getSession());
    String token = get("/make", null).token();
    pages.put("/read", (request, response) -> request.getSession(false));
    List<Answer> answers = new ArrayList<>();
    until(
        () -> {
          answers.add(get("/read", token));
          return !answers.get(answers.size() - 1).cookies().isEmpty();
        });
    String fresh = answers.get(answers.size() - 1).token();
    assertThat(sessions.get(fresh)).isInstanceOf(Active.class);
    assertThat(get("/read", token).cookies()).as("within the grace").isEmpty();
  }

  @Test
  void refusesWhatHasNoCodecWhereItIsSet() {
    serve(SessionConfig.builder().maxAttributeBytes(100).maxSessionBytes(150));
    pages.put(
        "/refuse",
        (request, response) -> {
          HttpSession session = request.getSession();
          assertThatThrownBy(() -> session.setAttribute("SPRING_SECURITY_CONTEXT", new Object()))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage(
                  "attribute SPRING_SECURITY_CONTEXT: java.lang.Object (expected: a text, number or"
                      + " boolean, or an attribute that the filter was given with its codec)");
          assertThatThrownBy(() -> session.setAttribute("cart", "apples"))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageStartingWith("attribute cart: java.lang.String");
          assertThatThrownBy(() -> session.setAttribute("a b", "c"))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("a b");
          assertThatThrownBy(() -> session.setAttribute("long", "x".repeat(101)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("attribute long: ");
          session.removeAttribute("a b");
          session.setAttribute("org.springframework.web.servlet.FLASH_MAPS$1", "x");
          session.setAttribute("a", "x".repeat(80));
          session.setAttribute("b", "x".repeat(80));
        });
    Answer answer = get("/refuse", null);
    assertThat(answer.status()).as("more than maxSessionBytes").isEqualTo(500);
  }

  @Test
  void savesWhatWasChangedInPlace() {
    SessionManager sessions = serve(SessionConfig.builder());
    pages.put(
        "/make",
        (request, response) -> {
          Cart cart = new Cart(new ArrayList<>());
          request.getSession().setAttribute("cart", cart);
          cart.items().add("set");
        });
    pages.put(
        "/change",
        (request, response) -> {
          Cart cart = (Cart) request.getSession().getAttribute("cart");
          assertThat(request.getSession().getAttribute("cart")).isSameAs(cart);
          cart.items().add("got");
        });
    pages.put(
        "/read",
        (request, response) ->
            write(response, ((Cart) request.getSession().getAttribute("cart")).items()));
    String token = get("/make", null).token();
    get("/change", token);
    long version = sessions.get(token).session().orElseThrow().version();
    assertThat(get("/read", token).body()).isEqualTo("[set, got]");
    assertThat(sessions.get(token).session().orElseThrow().version())
        .as("reading writes nothing")
        .isEqualTo(version);
  }

  @Test
  void listenersHearWhatRequestsDo() {
    List<String> heard = new CopyOnWriteArrayList<>();
    Heard.CALLS.clear();
    final class All
        implements HttpSessionListener, HttpSessionIdListener, HttpSessionAttributeListener {
      @Override
      public void sessionCreated(HttpSessionEvent event) {
        heard.add("created");
      }

      @Override
      public void sessionDestroyed(HttpSessionEvent event) {
        heard.add("destroyed with " + event.getSession().getAttribute("a"));
      }

      @Override
      public void sessionIdChanged(HttpSessionEvent event, String oldId) {
        heard.add(oldId.equals(event.getSession().getId()) ? "same" : "renamed");
      }

      @Override
      public void attributeAdded(HttpSessionBindingEvent event) {
        heard.add("added " + event.getName() + "=" + event.getValue());
      }

      @Override
      public void attributeReplaced(HttpSessionBindingEvent event) {
        heard.add("replaced " + event.getName() + "=" + event.getValue());
      }

      @Override
      public void attributeRemoved(HttpSessionBindingEvent event) {
        heard.add("removed " + event.getName() + "=" + event.getValue());
      }
    }
    SessionManager sessions = sessions(SessionConfig.builder());
    serve(builder(sessions).listener(new All()).build());
    pages.put(
        "/all",
        (request, response) -> {
          HttpSession session = request.getSession();
          session.setAttribute("a", 1);
          session.setAttribute("a", 2);
          session.setAttribute("b", "x");
          session.removeAttribute("b");
          session.removeAttribute("b");
          request.changeSessionId();
        });
    pages.put("/end", (request, response) -> request.getSession().invalidate());
    get("/end", get("/all", null).token());
    assertThat(heard)
        .containsExactly(
            "created",
            "added a=1",
            "replaced a=1",
            "added b=x",
            "removed b=x",
            "renamed",
            "destroyed with 2",
            "removed a=2");

    pages.put(
        "/bind",
        (request, response) -> {
          Heard one = new Heard();
          one.name = "one";
          request.getSession().setAttribute("heard", one);
        });
    pages.put(
        "/rebind",
        (request, response) -> {
          Heard two = new Heard();
          two.name = "two";
          request.getSession().setAttribute("heard", two);
        });
    String token = get("/bind", null).token();
    get("/rebind", token);
    get("/end", token);
    assertThat(Heard.CALLS)
        .containsExactly(
            "bound one as heard",
            "bound two as heard",
            "unbound one from heard",
            "unbound two from heard");
    assertThatThrownBy(() -> builder(sessions).listener(new EventListener() {}).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HttpSessionListener");
  }

  @Test
  void aSessionHasATimeoutOfItsOwn() {
    SessionManager sessions = serve(SessionConfig.builder().absolute(Duration.ofHours(2)));
    pages.put(
        "/set",
        (request, response) -> {
          HttpSession session = request.getSession();
          assertThat(session.getMaxInactiveInterval()).isEqualTo(1800);
          session.setMaxInactiveInterval(60);
        });
    pages.put(
        "/never",
        (request, response) -> {
          assertThat(request.getSession().getMaxInactiveInterval()).isEqualTo(60);
          request.getSession().setMaxInactiveInterval(-1);
          assertThat(request.getSession().getMaxInactiveInterval()).isEqualTo(7200);
        });
    String token = get("/set", null).token();
    assertThat(sessions.get(token).session().orElseThrow().idleTimeout())
        .isEqualTo(Duration.ofMinutes(1));
    get("/never", token);
    assertThat(sessions.get(token).session().orElseThrow().idleTimeout())
        .isEqualTo(Duration.ofHours(2));
  }

  @Test
  void pollingDoesNotCountAsUse() {
    SessionManager sessions = sessions(SessionConfig.builder().touchEvery(Duration.ZERO));
    serve(
        builder(sessions)
            .touch(request -> request.getHeader("X-Poll") == null ? Touch.YES : Touch.NO)
            .build());
    pages.put("/make", (request, response) -> request.getSession());
    String token = get("/make", null).token();
    Session made = sessions.get(token, Touch.NO).session().orElseThrow();
    for (int i = 0; i < 5; i++) {
      get("/make", token, "X-Poll", "1");
    }
    assertThat(sessions.get(token, Touch.NO).session().orElseThrow().lastSeen())
        .isEqualTo(made.lastSeen());
    until(
        () -> {
          get("/make", token);
          return sessions
              .get(token, Touch.NO)
              .session()
              .orElseThrow()
              .lastSeen()
              .isAfter(made.lastSeen());
        });
  }

  @Test
  void ofCookiesOfTwoScopesTheValidOneWinsAndTheFormerOneIsRemovedWithTheNext() {
    SessionManager sessions = sessions(SessionConfig.builder());
    CookieConfig former = CookieConfig.development().toBuilder().name("id").path("/shop").build();
    SessionCookies cookies = SessionCookies.of(CookieConfig.development()).replacing(former);
    serve(SessionFilter.builder(sessions, cookies).build());
    pages.put("/read", (request, response) -> write(response, request.getSession(false) != null));
    pages.put(
        "/login",
        (request, response) -> {
          RequestSession here = RequestSession.of(request).orElseThrow();
          here.login(Login.of("alice"));
          here.login(Login.of("alice"));
        });
    Session live = sessions.create().session().orElseThrow();
    String old = "id=" + live.token().text();

    for (String both :
        List.of(COOKIE + "=" + "A".repeat(64) + "; " + old, old + "; " + COOKIE + "=x", old)) {
      Answer answer = get("/read", null, "Cookie", both);
      assertThat(answer.body()).isEqualTo("true");
      assertThat(answer.cookies()).isEmpty();
    }
    Answer answer = get("/login", null, "Cookie", old);
    assertThat(answer.cookies()).hasSize(2);
    assertThat(answer.cookies().get(0) + answer.cookies().get(1))
        .contains("id=; Path=/shop; ", COOKIE + "=");
    assertThat(sessions.count("alice")).isEqualTo(1);
    assertThat(sessions.get(live.token().text())).isInstanceOf(Rotated.class);
  }

  @Test
  void aSessionThatAnotherClientUsesEnds() {
    SessionManager sessions = sessions(SessionConfig.builder().binding(BindingPolicy.TERMINATE));
    serve(
        builder(sessions)
            .binding(request -> Binding.of(String.valueOf(request.getHeader("X-Agent"))))
            .build());
    pages.put(
        "/login",
        (request, response) -> RequestSession.of(request).orElseThrow().login(Login.of("alice")));
    pages.put("/read", (request, response) -> write(response, request.getSession(false) != null));
    String token = get("/login", null, "X-Agent", "Firefox").token();

    assertThat(get("/read", token, "X-Agent", "Firefox").body()).isEqualTo("true");
    assertThat(get("/read", token, "X-Agent", "curl").body()).isEqualTo("false");

    assertThat(sessions.get(token)).isEqualTo(new Revoked(EndReason.OTHER_CLIENT));
  }

  @Test
  void aLoginTakesTheSessionOverAndALogoutEndsIt() {
    SessionManager sessions =
        serve(SessionConfig.builder().maxPerUser(1).onLimit(LimitPolicy.REJECT));
    pages.put("/make", (request, response) -> request.getSession().setAttribute("a", "kept"));
    pages.put(
        "/login",
        (request, response) -> {
          HttpSession before = request.getSession(false);
          if (before != null) {
            before.setAttribute("b", "unsaved");
          }
          RequestSession session = RequestSession.of(request).orElseThrow();
          if (session.login(Login.of("alice")) instanceof LimitReached) {
            response.sendError(409);
          } else if (before != null) {
            assertThat(request.getSession(false)).isSameAs(before);
            assertThat(before.getId()).isEqualTo(session.session().orElseThrow().id());
          }
        });
    pages.put("/logout", (request, response) -> RequestSession.of(request).orElseThrow().logout());
    String anonymous = get("/make", null).token();
    String token = get("/login", anonymous).token();
    assertThat(sessions.get(anonymous)).isEqualTo(new Rotated());
    Session alice = sessions.get(token).session().orElseThrow();
    assertThat(alice.user()).contains("alice");
    assertThat(alice.attributeNames()).containsExactly("a", "b");
    assertThat(get("/login", null).status()).isEqualTo(409);
    Answer out = get("/logout", token);
    assertThat(out.cookies()).hasSize(1);
    assertThat(out.headers()).containsKey("clear-site-data");
    assertThat(sessions.count("alice")).isZero();
    assertThat(get("/logout", token).status()).isEqualTo(200);
    assertThat(get("/login", null).token()).isNotEqualTo(token);
  }

  @Test
  void anOutageIsAnErrorPageAndLogsNobodyOut() {
    try (RedisProcess server = RedisProcess.start();
        RedisClient redis = RedisClient.builder().hostAndPort(server.address()).build()) {
      SessionManager sessions =
          SessionManager.builder(redis, "outage", Peppers.of(1, new byte[Peppers.MIN_BYTES]))
              .guard(
                  GuardConfig.defaults()
                      .withBudget(Duration.ofSeconds(3))
                      .withProbeEvery(Duration.ofMillis(100)))
              .build();
      managers.add(sessions);
      serve(sessions);
      pages.put("/make", (request, response) -> request.getSession().setAttribute("a", "kept"));
      pages.put(
          "/read", (request, response) -> write(response, request.getSession().getAttribute("a")));
      pages.put(
          "/half",
          (request, response) -> {
            request.getSession().setAttribute("a", "unsaved");
            server.freeze();
            write(response, "saved");
          });
      pages.put(
          "/error",
          (request, response) -> {
            assertThat(request.getSession(false)).isNull();
            write(response, "an outage");
          });
      String token = get("/make", null).token();
      server.freeze();
      Answer during = get("/read", token);
      assertThat(during.status()).isEqualTo(503);
      assertThat(during.body()).isEqualTo("an outage");
      assertThat(during.cookies()).isEmpty();
      server.thaw();
      until(() -> get("/read", token).body().equals("kept"));
      pages.put("/error", (request, response) -> write(response, "an outage"));
      Answer half = get("/half", token);
      assertThat(half.status()).isEqualTo(503);
      assertThat(half.body()).isEqualTo("an outage");
      assertThat(half.cookies()).isEmpty();
      server.thaw();
      until(() -> get("/read", token).status() == 200);
    }
  }

  @Test
  void aTokenThatChangedReachesItsClientThoughTheRestFails() {
    Map<String, Page> changes = new HashMap<>();
    changes.put("/renewed", (request, response) -> request.getSession().setAttribute("a", "lost"));
    changes.put("/refused", (request, response) -> request.getSession().setMaxInactiveInterval(60));
    changes.put(
        "/another",
        (request, response) -> {
          request.changeSessionId();
          request.getSession().setAttribute("a", "lost");
        });
    changes.put(
        "/login",
        (request, response) -> {
          RequestSession.of(request).orElseThrow().login(Login.of("alice"));
          request.getSession().setAttribute("a", "lost");
        });
    try (RedisProcess server = RedisProcess.start();
        RedisClient redis = RedisClient.builder().hostAndPort(server.address()).build()) {
      SessionManager sessions =
          SessionManager.builder(redis, "full", Peppers.of(1, new byte[Peppers.MIN_BYTES]))
              .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(30)))
              .config(SessionConfig.builder().renewal(Duration.ofMillis(1)).build())
              .build();
      managers.add(sessions);
      serve(sessions);
      pages.put("/make", (request, response) -> request.getSession().setAttribute("a", "kept"));
      changes.forEach(
          (path, page) -> {
            pages.put(path, page);
            String token = get("/make", null).token();
            List<Answer> answers = new ArrayList<>();
            redis.configSet("maxmemory", "1");
            until( // as soon as the token is old enough for its renewal
                () -> {
                  answers.add(get(path, token));
                  return !answers.get(answers.size() - 1).cookies().isEmpty();
                });
            redis.configSet("maxmemory", "0");
            Answer answer = answers.get(answers.size() - 1);
            assertThat(answer.status()).as(path).isEqualTo(503);
            Session session = sessions.get(answer.token()).session().orElseThrow();
            assertThat(session.get(SessionAttribute.of("a", ScalarCodec.ONLY)))
                .as(path)
                .contains("kept");
          });
    }
  }
}
