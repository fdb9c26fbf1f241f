package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.SessionView;
import io.perfkit.session.LimitPolicy;
import io.perfkit.session.Login;
import io.perfkit.session.Session;
import io.perfkit.session.SessionConfig;
import io.perfkit.session.SessionInfo;
import io.perfkit.session.SessionManager;
import io.perfkit.session.SessionOutcome;
import io.perfkit.session.SessionOutcome.Unavailable;
import io.perfkit.session.http.CookieConfig;
import io.perfkit.session.http.SessionCookies;
import java.util.List;
import java.util.Optional;

/** Sessions of perf-session, shared by all nodes. Plain HTTP on a loopback address. Thread safe. */
final class SharedLogins implements Logins {
  static final SessionConfig CONFIG =
      SessionConfig.builder().maxPerUser(PER_USER).onLimit(LimitPolicy.EVICT_OLDEST).build();

  private static final int CLIENT_CHARS_MAX = 200;

  private final SessionManager sessions;
  private final SessionCookies cookies = SessionCookies.of(CookieConfig.development());

  SharedLogins(SessionManager sessions) {
    this.sessions = sessions;
  }

  @Override
  public void login(long userId, Exchange exchange) {
    String client = exchange.client();
    Login login =
        Login.of(Long.toString(userId))
            .client(client.substring(0, Math.min(client.length(), CLIENT_CHARS_MAX)));
    Session session =
        live(sessions.login(found(exchange).map(login::from).orElse(login)))
            .orElseThrow(Rejected::notLoggedIn);
    cookies.write(session, exchange.headers());
  }

  private Optional<Session> found(Exchange exchange) {
    List<String> tokens = cookies.tokens(exchange.cookies());
    return tokens.isEmpty() ? Optional.empty() : live(sessions.get(tokens));
  }

  /** An outage is no logout: it is told as such. */
  private static Optional<Session> live(SessionOutcome outcome) {
    if (outcome instanceof Unavailable failed) {
      throw failed.cause();
    }
    return outcome.session();
  }

  private Session session(Exchange exchange) {
    return found(exchange).orElseThrow(Rejected::notLoggedIn);
  }

  private static String user(Session session) {
    return session.user().orElseThrow(Rejected::notLoggedIn);
  }

  @Override
  public long user(Exchange exchange) {
    return Long.parseLong(user(session(exchange)));
  }

  @Override
  public List<SessionView> sessions(Exchange exchange) {
    Session here = session(exchange);
    return sessions.list(user(here)).stream()
        .map(
            one ->
                new SessionView(
                    one.id(),
                    one.id().equals(here.id()),
                    one.created(),
                    one.lastSeen(),
                    one.client()))
        .toList();
  }

  @Override
  public boolean end(String session, Exchange exchange) {
    String user = user(session(exchange));
    Optional<SessionInfo> chosen =
        sessions.list(user).stream().filter(one -> one.id().equals(session)).findFirst();
    return chosen.isPresent() && sessions.invalidate(user, chosen.get());
  }

  @Override
  public void logout(Exchange exchange) {
    sessions.invalidate(session(exchange));
    cookies.logout(exchange.headers());
  }

  @Override
  public int logoutEverywhere(Exchange exchange) {
    int ended = sessions.invalidateAll(user(session(exchange)));
    cookies.logout(exchange.headers());
    return ended;
  }
}
