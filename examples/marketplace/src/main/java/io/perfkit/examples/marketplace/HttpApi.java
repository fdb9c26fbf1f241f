package io.perfkit.examples.marketplace;

import io.perfkit.db.query.UnitOfWork;
import io.perfkit.examples.marketplace.Answers.Ended;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.Sessions;
import io.perfkit.examples.marketplace.Logins.Exchange;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.ratelimit.http.HeadersConfig;
import io.perfkit.ratelimit.http.RateLimitHeaders;
import io.perfkit.ratelimit.http.Refusal;
import io.perfkit.redis.RedisException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The market as JSON over HTTP. Thread safe.
 *
 * <pre>
 * GET  /markets?page=0&amp;size=10        open markets with their statistics
 * GET  /markets/{id}                 one market with its newest bets
 * GET  /users?query=user-00&amp;page=0    users by the beginning of their name
 * GET  /users/{id}                   a profile
 * GET  /users/{id}/bets?size=10      the newest bets of a user, and a link to the next page
 * POST /login                        {"userId":1}, the profile and a cookie; nobody has a password here
 * GET  /sessions                     the sessions of the user that the cookie belongs to
 * POST /sessions/end                 {"id":"..."}, ends one of them
 * POST /logout                       ends the session of the cookie
 * POST /logout/everywhere            ends all sessions of its user
 * POST /bets                         {"userId":1,"marketId":2,"side":"YES","stakeCents":100}
 * </pre>
 *
 * What can't be answered is a problem (RFC 9457): 400 if the request is wrong in itself, 401 if
 * nobody is logged in, 404, 405, 409 if the balance or the market forbids the bet, 413, 429 if the
 * user bets too often, and 503 if PostgreSQL or Redis failed.
 */
final class HttpApi extends Handler.Abstract {
  static final int BODY_BYTES_MAX = 16 * 1024;

  private static final RateLimitHeaders HEADERS = RateLimitHeaders.of(HeadersConfig.defaults());
  private static final Set<String> SESSIONS =
      Set.of("/login", "/sessions", "/sessions/end", "/logout", "/logout/everywhere");
  private static final Logger log = LoggerFactory.getLogger(HttpApi.class);

  private final MarketService service;
  private final Logins logins;
  private final Supplier<UnitOfWork> works;
  private final Traffic traffic;

  /**
   * @param works opens one for each request
   */
  HttpApi(MarketService service, Logins logins, Supplier<UnitOfWork> works, Traffic traffic) {
    this.service = service;
    this.logins = logins;
    this.works = works;
    this.traffic = traffic;
  }

  private record Answer(int status, Object body) {}

  private record Login(long userId) {}

  private record End(String id) {}

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    boolean read = request.getMethod().equals("GET");
    long begun = traffic.begin();
    Answer answer;
    UnitOfWork work = works.get();
    try (work) {
      answer = answer(request, response);
    }
    traffic.answered(read, begun);
    write(response, callback, answer);
    return true;
  }

  private Answer answer(Request request, Response response) {
    try {
      return route(request, response);
    } catch (Rejected e) {
      return problem(e.status(), e.detail());
    } catch (IllegalArgumentException e) {
      return problem(HttpStatus.BAD_REQUEST_400, String.valueOf(e.getMessage()));
    } catch (RateLimitExceeded e) {
      HEADERS.write(e.decision(), response.getHeaders()::put);
      return problem(Refusal.of(e.decision()).status(), "The user bets too often.");
    } catch (DatabaseFailed e) {
      log.warn("{} {}", request.getMethod(), request.getHttpURI().getPath(), e);
      return problem(HttpStatus.SERVICE_UNAVAILABLE_503, "The database did not answer.");
    } catch (RedisException e) {
      log.warn("{} {}", request.getMethod(), request.getHttpURI().getPath(), e);
      return problem(HttpStatus.SERVICE_UNAVAILABLE_503, "The sessions did not answer.");
    } catch (RuntimeException e) {
      if (e instanceof HttpException http) {
        return problem(http.getCode(), http.getReason());
      }
      log.error("{} {}", request.getMethod(), request.getHttpURI().getPath(), e);
      return problem(HttpStatus.INTERNAL_SERVER_ERROR_500, "The request failed.");
    }
  }

  private Answer route(Request request, Response response) {
    String path = Request.getPathInContext(request);
    List<String> parts = List.of(path.substring(1).split("/", -1));
    if (parts.equals(List.of("bets"))) {
      requireMethod("POST", path, request, response);
      BetOrder order = Json.read(body(request), BetOrder.class);
      return new Answer(HttpStatus.CREATED_201, service.place(order));
    }
    if (SESSIONS.contains(path)) {
      requireMethod(path.equals("/sessions") ? "GET" : "POST", path, request, response);
      return new Answer(HttpStatus.OK_200, session(path, request, response));
    }
    boolean ofUsers = parts.get(0).equals("users");
    boolean known =
        switch (parts.size()) {
          case 1, 2 -> ofUsers || parts.get(0).equals("markets");
          case 3 -> ofUsers && parts.get(2).equals("bets");
          default -> false;
        };
    if (!known) {
      throw Rejected.noPath(path);
    }
    requireMethod("GET", path, request, response);
    return new Answer(HttpStatus.OK_200, read(request, parts, ofUsers));
  }

  private Object session(String path, Request request, Response response) {
    Exchange exchange =
        new Exchange(
            request.getHeaders().getValuesList(HttpHeader.COOKIE),
            String.valueOf(request.getHeaders().get(HttpHeader.USER_AGENT)),
            response.getHeaders()::add);
    switch (path) {
      case "/login" -> {
        Profile profile = service.profile(Json.read(body(request), Login.class).userId());
        logins.login(profile.id(), exchange);
        return profile;
      }
      case "/sessions" -> {
        return new Sessions(logins.user(exchange), logins.sessions(exchange));
      }
      case "/sessions/end" -> {
        String id = Json.read(body(request), End.class).id();
        return new Ended(logins.end(id, exchange) ? 1 : 0);
      }
      case "/logout" -> {
        logins.logout(exchange);
        return new Ended(1);
      }
      default -> {
        return new Ended(logins.logoutEverywhere(exchange));
      }
    }
  }

  private Object read(Request request, List<String> parts, boolean ofUsers) {
    if (parts.size() == 1) {
      Fields query = Request.extractQueryParameters(request);
      return ofUsers
          ? service.search(NamePrefix.of(text(query, "query", "")), page(query))
          : service.markets(page(query));
    }
    long id = id(parts.get(1));
    if (parts.size() == 3) {
      return service.bets(id, history(Request.extractQueryParameters(request)));
    }
    return ofUsers ? service.profile(id) : service.market(id);
  }

  private static void requireMethod(
      String expected, String path, Request request, Response response) {
    if (!request.getMethod().equals(expected)) {
      response.getHeaders().put(HttpHeader.ALLOW, expected);
      throw Rejected.method(request.getMethod(), path, expected);
    }
  }

  private static PageRequest page(Fields query) {
    return new PageRequest(
        number(query, "page", 0), number(query, "size", PageRequest.SIZE_DEFAULT));
  }

  private static HistoryRequest history(Fields query) {
    return new HistoryRequest(
        query.getValue("from"), number(query, "size", PageRequest.SIZE_DEFAULT));
  }

  private static int number(Fields query, String name, int absent) {
    String text = text(query, name, Integer.toString(absent));
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": '" + text + "' (expected: a number)", e);
    }
  }

  private static String text(Fields query, String name, String absent) {
    String value = query.getValue(name);
    return value == null ? absent : value;
  }

  private static long id(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("id: '" + text + "' (expected: a number)", e);
    }
  }

  private static byte[] body(Request request) {
    try (InputStream in = Content.Source.asInputStream(request)) {
      byte[] body = in.readNBytes(BODY_BYTES_MAX + 1);
      if (body.length > BODY_BYTES_MAX) {
        throw Rejected.tooLarge(BODY_BYTES_MAX);
      }
      return body;
    } catch (IOException e) {
      throw new IllegalArgumentException("body: can't be read to its end", e);
    }
  }

  static byte[] problemBody(int status, String detail) {
    return Json.write(problem(status, detail).body());
  }

  private static Answer problem(int status, String detail) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "about:blank");
    body.put("title", HttpStatus.getMessage(status));
    body.put("status", status);
    body.put("detail", detail);
    return new Answer(status, body);
  }

  private static void write(Response response, Callback callback, Answer answer) {
    response.setStatus(answer.status());
    String type = answer.status() < 400 ? "application/json" : "application/problem+json";
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    response.write(true, ByteBuffer.wrap(Json.write(answer.body())), callback);
  }
}
