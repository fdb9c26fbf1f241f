package io.perfkit.session.servlet;

import static java.util.Objects.requireNonNull;

import io.perfkit.session.Binding;
import io.perfkit.session.SessionAttribute;
import io.perfkit.session.SessionManager;
import io.perfkit.session.Touch;
import io.perfkit.session.http.SessionCookies;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EventListener;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Servlet filter that makes {@code HttpServletRequest.getSession()} return the sessions of a {@link
 * SessionManager}. Map it first, to every {@link DispatcherType}; it supports asynchronous
 * requests. Thread safe.
 *
 * <p>A request that does not use its session costs nothing, and only {@code getSession()} creates
 * one. The first use is one round trip, and so is the save if there are changes, before the
 * response is committed. If Redis does not answer, the first use throws {@link
 * io.perfkit.redis.RedisUnavailable}; the client gets 503 and keeps its cookie.
 */
public final class SessionFilter implements Filter {
  private final Setup setup;

  private SessionFilter(Builder builder) {
    this.setup =
        new Setup(
            builder.sessions,
            builder.cookies,
            new Attributes(builder.attributes),
            new Listeners(builder.listeners),
            builder.touch,
            builder.binding);
  }

  /** A filter whose attributes are texts, numbers and booleans. */
  public static SessionFilter of(SessionManager sessions, SessionCookies cookies) {
    return builder(sessions, cookies).build();
  }

  /** A builder of a filter. */
  public static Builder builder(SessionManager sessions, SessionCookies cookies) {
    return new Builder(requireNonNull(sessions, "sessions"), requireNonNull(cookies, "cookies"));
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)) {
      chain.doFilter(request, response);
      return;
    }
    RequestSession session = RequestSession.of(http).filter(one -> one.isOf(setup)).orElse(null);
    if (session == null) {
      session = new RequestSession(setup, http, answer);
      session.attach(http);
      run(http, answer, chain, session, answer);
    } else if (!SessionRequest.isAround(http, session)) { // a container dispatches what it has
      run(http, answer, chain, session, answer);
    } else if (http.getDispatcherType() == DispatcherType.ASYNC
        || http.getDispatcherType() == DispatcherType.ERROR) {
      run(http, answer, chain, session, null);
    } else {
      chain.doFilter(http, answer);
      if (http.getDispatcherType() == DispatcherType.FORWARD && !session.isAsync()) {
        session.beforeCommit(); // Tomcat closes the response after it, past every wrapper
      }
    }
  }

  /**
   * Runs one dispatch.
   *
   * @param bare the response if it is to be wrapped
   */
  private static void run(
      HttpServletRequest http,
      HttpServletResponse answer,
      FilterChain chain,
      RequestSession session,
      @Nullable HttpServletResponse bare)
      throws IOException, ServletException {
    session.enter(http.getDispatcherType(), bare);
    try {
      if (bare == null) {
        chain.doFilter(http, answer);
      } else {
        SessionResponse ours = new SessionResponse(answer, session);
        chain.doFilter(new SessionRequest(http, ours, session), ours);
      }
      if (!session.isAsync()) {
        session.beforeCommit();
      }
    } catch (IOException | ServletException | RuntimeException e) {
      if (session.isUnavailable() && !answer.isCommitted()) {
        session.beforeCommit(); // saves nothing in an outage, but sends a token that has changed
        answer.resetBuffer();
        answer.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        return;
      }
      try {
        session.beforeCommit();
      } catch (RuntimeException also) {
        if (also != e) {
          e.addSuppressed(also);
        }
      }
      throw e;
    }
  }

  /** Collects the collaborators of a filter. One thread at a time. */
  public static final class Builder {
    private final SessionManager sessions;
    private final SessionCookies cookies;
    private final List<SessionAttribute<?>> attributes = new ArrayList<>();
    private final List<EventListener> listeners = new ArrayList<>();
    private Function<? super HttpServletRequest, Touch> touch = request -> Touch.YES;
    private @Nullable Function<? super HttpServletRequest, Binding> binding;

    private Builder(SessionManager sessions, SessionCookies cookies) {
      this.sessions = sessions;
      this.cookies = cookies;
    }

    /**
     * Declares attributes with their codecs. For any other name {@code setAttribute} accepts a
     * text, a number or a boolean, and refuses everything else.
     */
    public Builder attributes(SessionAttribute<?>... declared) {
      attributes.addAll(List.of(declared));
      return this;
    }

    /**
     * A listener of sessions, their ids or their attributes; listeners that the container knows are
     * not called. It is notified of what requests on this node do, not of expiry.
     */
    public Builder listener(EventListener listener) {
      listeners.add(requireNonNull(listener, "listener"));
      return this;
    }

    /** Which requests count as use of their session; default all of them. */
    public Builder touch(Function<? super HttpServletRequest, Touch> counts) {
      touch = requireNonNull(counts, "counts");
      return this;
    }

    /**
     * What lookups and logins bind a session to, for {@link
     * io.perfkit.session.SessionConfig#binding}; default nothing. Behind proxies the address is the
     * one that they forward.
     */
    public Builder binding(Function<? super HttpServletRequest, Binding> client) {
      binding = requireNonNull(client, "client");
      return this;
    }

    /**
     * The filter.
     *
     * @throws IllegalArgumentException for an attribute declared twice, or a listener of another
     *     type
     */
    public SessionFilter build() {
      return new SessionFilter(this);
    }
  }
}
