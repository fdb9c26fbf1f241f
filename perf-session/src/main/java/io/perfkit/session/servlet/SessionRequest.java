package io.perfkit.session.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

/** A request whose session comes from the session manager of the filter. */
final class SessionRequest extends HttpServletRequestWrapper {
  private final RequestSession session;
  private final HttpServletResponse response;

  SessionRequest(HttpServletRequest request, HttpServletResponse response, RequestSession session) {
    super(request);
    this.response = response;
    this.session = session;
  }

  /** Whether {@code request} is one of ours with that session, whatever is wrapped around it. */
  static boolean isAround(ServletRequest request, RequestSession session) {
    ServletRequest inner = request;
    while (inner instanceof ServletRequestWrapper wrapper) {
      if (inner instanceof SessionRequest ours && ours.session == session) {
        return true;
      }
      inner = wrapper.getRequest();
    }
    return false;
  }

  @Override
  public @Nullable HttpSession getSession(boolean create) {
    return session.view(create);
  }

  @Override
  public HttpSession getSession() {
    return requireNonNull(session.view(true), "session");
  }

  @Override
  public String changeSessionId() {
    return session.changeId();
  }

  /** The id of the session that the cookie opens, never the token in it. */
  @Override
  public @Nullable String getRequestedSessionId() {
    return session.requestedId();
  }

  @Override
  public boolean isRequestedSessionIdValid() {
    return session.requestedIdIsValid();
  }

  @Override
  public boolean isRequestedSessionIdFromCookie() {
    return session.requestedId() != null;
  }

  @Override
  public boolean isRequestedSessionIdFromURL() {
    return false;
  }

  @Override
  public AsyncContext startAsync() {
    return SessionAsync.started(super.startAsync(this, response), session, true);
  }

  @Override
  public AsyncContext startAsync(ServletRequest request, ServletResponse answer) {
    return SessionAsync.started(super.startAsync(request, answer), session, false);
  }

  @Override
  public AsyncContext getAsyncContext() {
    return new SessionAsync(super.getAsyncContext(), session, false);
  }
}
