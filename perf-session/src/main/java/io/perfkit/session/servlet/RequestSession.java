package io.perfkit.session.servlet;

import static java.util.Objects.requireNonNull;

import io.perfkit.session.Login;
import io.perfkit.session.Session;
import io.perfkit.session.SessionOutcome;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.TooLarge;
import io.perfkit.session.SessionOutcome.Unavailable;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The session of one request behind a {@link SessionFilter}, shared by all its dispatches and
 * threads. Adds what {@code HttpSession} lacks: login, logout, and the reason why there is no
 * session. Thread safe.
 */
public final class RequestSession {
  private static final String ATTRIBUTE = RequestSession.class.getName();

  /* Invariants
   * V1  one lookup, one session and one Set-Cookie for a request, whatever is dispatched.
   * V2  a change made before the response is committed is saved before it is committed.
   * V3  a session that ended is neither saved nor created again under its token.
   * V4  a token that replaced another reaches the client, whatever fails afterwards.
   * Everything below is guarded by the lock, under which listeners and codecs of this request run too. */
  private final ReentrantLock lock = new ReentrantLock();
  private final Setup setup;
  private final HttpServletRequest request;
  private HttpServletResponse response;
  private @Nullable SessionOutcome found;
  private @Nullable SessionView view;
  private @Nullable String requestedId;
  private boolean cookieDue;
  private boolean removalDue;
  private boolean loggedOut;
  private boolean tooLarge;
  private boolean async;
  private DispatcherType dispatch = DispatcherType.REQUEST;
  private @Nullable RuntimeException unavailable;
  private final Map<String, String> written = new HashMap<>();

  RequestSession(Setup setup, HttpServletRequest request, HttpServletResponse response) {
    this.setup = setup;
    this.request = request;
    this.response = response;
  }

  /** The session of {@code request}; empty if no filter has seen it. */
  public static Optional<RequestSession> of(ServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof RequestSession session
        ? Optional.of(session)
        : Optional.empty();
  }

  void attach(HttpServletRequest http) {
    http.setAttribute(ATTRIBUTE, this);
  }

  boolean isOf(Setup other) {
    return setup.equals(other);
  }

  <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  /** Another dispatch goes on with the same session. */
  void enter(DispatcherType type, @Nullable HttpServletResponse current) {
    locked(
        () -> {
          async = false;
          dispatch = type;
          if (current != null) {
            response = current;
          }
          return true;
        });
  }

  void startedAsync() {
    locked(() -> async = true);
  }

  boolean isAsync() {
    return locked(() -> async);
  }

  /** Whether Redis failed this request. */
  boolean isUnavailable() {
    return locked(() -> unavailable != null);
  }

  ServletContext servletContext() {
    return request.getServletContext();
  }

  /**
   * The outcome of the lookup; the first call is one round trip. {@link NotFound} also without a
   * cookie.
   */
  public SessionOutcome outcome() {
    return locked(
        () -> {
          if (found == null) {
            found = lookUp();
          }
          return found;
        });
  }

  private SessionOutcome lookUp() {
    List<String> headers = new ArrayList<>(Collections.list(request.getHeaders("Cookie")));
    List<String> tokens = setup.cookies().tokens(headers);
    if (tokens.isEmpty()) {
      return new NotFound();
    }
    requestedId = "unknown"; // the token itself is for nobody to see
    SessionOutcome outcome = setup.find(tokens, request);
    if (outcome instanceof Unavailable failed) {
      unavailable = failed.cause();
    } else if (outcome instanceof Active active) {
      requestedId = active.value().id();
      view = new SessionView(this, setup, renewed(active), false);
    }
    return outcome;
  }

  private Session renewed(Active active) {
    if (!active.renewalDue() || response.isCommitted()) {
      return active.value();
    }
    Session renewed =
        setup.sessions().rotate(active.value()).session().orElse(active.value()); // next time
    cookieDue = renewed != active.value();
    return renewed;
  }

  /** The session if there is a live one; its changes are saved with the response. */
  public Optional<Session> session() {
    return locked(() -> Optional.ofNullable(view(false)).map(SessionView::session));
  }

  @Nullable SessionView view(boolean create) {
    return locked(() -> Optional.ofNullable(liveView(create))).orElse(null);
  }

  private @Nullable SessionView liveView(boolean create) {
    SessionOutcome outcome = outcome();
    if (view != null && view.valid()) {
      return view;
    }
    if (outcome instanceof Unavailable failed) {
      if (!create && dispatch == DispatcherType.ERROR) {
        return null; // so that the error page is shown
      }
      throw failed.cause();
    }
    if (!create) {
      return null;
    }
    requireUncommitted("a new session");
    view = new SessionView(this, setup, live(setup.sessions().create()), true);
    cookieDue = true;
    setup.listeners().created(view);
    return view;
  }

  private void requireUncommitted(String what) {
    if (response.isCommitted()) {
      throw new IllegalStateException(
          "response: committed (expected: not yet, for " + what + " needs a cookie)");
    }
  }

  /** The session of an outcome that says nothing else in ordinary operation. */
  private Session live(SessionOutcome outcome) {
    if (outcome instanceof Unavailable failed) {
      unavailable = failed.cause();
      throw failed.cause();
    }
    return outcome
        .session()
        .orElseThrow(
            () -> {
              if (view != null) {
                view.end();
              }
              return new IllegalStateException("session: ended meanwhile (" + outcome + ")");
            });
  }

  /**
   * Logs a user in: the new session replaces the current one and keeps its attributes, and the
   * response carries its cookie. {@code HttpSession} objects of this request continue with it.
   *
   * @param login without {@link Login#from}
   * @return as {@link io.perfkit.session.SessionManager#login}
   * @throws IllegalStateException if the response is committed
   */
  public SessionOutcome login(Login login) {
    requireNonNull(login, "login");
    return locked(
        () -> {
          SessionOutcome before = outcome();
          if (before instanceof Unavailable) {
            return before;
          }
          requireUncommitted("a login");
          SessionView current = view != null && view.valid() ? view : null;
          if (current != null) {
            current.collect();
          }
          Login bound = setup.bound(login, request);
          SessionOutcome outcome =
              setup.sessions().login(current == null ? bound : bound.from(current.session()));
          if (outcome instanceof Unavailable failed) {
            unavailable = failed.cause();
          } else if (outcome instanceof Active active) {
            cookieDue = true;
            if (current == null) {
              view = new SessionView(this, setup, active.value(), true);
              setup.listeners().created(view);
            } else {
              current.replace(active.value());
            }
          }
          return outcome;
        });
  }

  /**
   * Ends the session, removes its cookie, and has the browser clear the site's data. No error if
   * there is none.
   *
   * @throws io.perfkit.redis.RedisUnavailable if Redis did not answer; whether the session ended is
   *     unknown
   */
  public void logout() {
    locked(
        () -> {
          SessionView current = liveView(false);
          if (current != null) {
            current.invalidate();
          }
          removalDue = true;
          loggedOut = true;
          return true;
        });
  }

  void invalidate(Session ended) {
    setup.sessions().invalidate(ended);
    cookieDue = false;
    removalDue = true;
  }

  String changeId() {
    return locked(
        () -> {
          SessionView current = liveView(false);
          if (current == null) {
            throw new IllegalStateException("session: none (expected: one whose id can change)");
          }
          requireUncommitted("another id");
          current.replace(live(setup.sessions().rotateNow(current.session())));
          cookieDue = true;
          return current.session().id();
        });
  }

  void idleTimeout(Session session, int seconds) {
    Duration timeout = seconds <= 0 ? Duration.ofDays(100_000) : Duration.ofSeconds(seconds);
    if (!timeout.equals(session.idleTimeout())) {
      live(setup.sessions().idleTimeout(session, timeout));
    }
  }

  @Nullable String requestedId() {
    return locked(
            () -> {
              outcome();
              return Optional.ofNullable(requestedId);
            })
        .orElse(null);
  }

  boolean requestedIdIsValid() {
    return locked(() -> outcome() instanceof Active && view != null && view.valid());
  }

  /**
   * Saves the changes, and sends the cookie whether that succeeds or not. Costs a round trip if
   * there are changes; idempotent.
   */
  void beforeCommit() {
    locked(
        () -> {
          try {
            save();
          } finally {
            if (!response.isCommitted()) { // V4
              writeCookie();
            }
          }
          return true;
        });
  }

  private void save() {
    if (view == null || !view.valid() || unavailable != null || tooLarge) {
      return;
    }
    view.collect();
    SessionOutcome outcome = setup.sessions().save(view.session());
    if (outcome instanceof TooLarge large) {
      tooLarge = true;
      throw new IllegalStateException(
          "session: "
              + large.bytes()
              + " bytes of attributes (expected: at most maxSessionBytes); nothing was saved");
    } else if (outcome instanceof Unavailable failed) {
      unavailable = failed.cause();
      throw failed.cause();
    } else if (!(outcome instanceof Active)) {
      view.end(); // V3
    }
  }

  private void writeCookie() {
    if (view != null && view.valid()) {
      if (cookieDue) {
        setup.cookies().write(view.session(), this::header);
      }
    } else if (loggedOut) {
      setup.cookies().logout(this::header);
    } else if (removalDue) {
      setup.cookies().remove(this::header);
    }
  }

  private void header(String name, String value) {
    if (!name.equals("Set-Cookie")) {
      response.setHeader(name, value);
      return;
    }
    List<String> cookies = new ArrayList<>(response.getHeaders(name));
    if (cookies.contains(value)) {
      return;
    }
    String before = written.put(scope(value), value);
    if (before != null && cookies.remove(before)) { // V1
      cookies.add(value);
      response.setHeader(name, cookies.get(0));
      cookies.subList(1, cookies.size()).forEach(other -> response.addHeader(name, other));
    } else {
      response.addHeader(name, value);
    }
  }

  /** What tells a cookie from others: its name, path and domain. */
  private static String scope(String cookie) {
    int value = cookie.indexOf(';');
    return cookie.substring(0, cookie.indexOf('='))
        + cookie.substring(value).split("; HttpOnly", 2)[0];
  }

  @Override
  public String toString() {
    return "RequestSession[" + view + "]";
  }
}
