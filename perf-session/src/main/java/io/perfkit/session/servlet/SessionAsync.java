package io.perfkit.session.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An {@code AsyncContext} that saves the session before it completes the response. */
final class SessionAsync implements AsyncContext {
  private static final Logger LOG = LoggerFactory.getLogger(SessionAsync.class);

  private final AsyncContext context;
  private final RequestSession session;
  private final boolean original;

  SessionAsync(AsyncContext context, RequestSession session, boolean original) {
    this.context = context;
    this.session = session;
    this.original = original;
  }

  static SessionAsync started(AsyncContext context, RequestSession session, boolean original) {
    session.startedAsync();
    context.addListener(new Saver(session));
    return new SessionAsync(context, session, original);
  }

  /** Saves when the container ends the response on its own: before it answers, and what is left. */
  private record Saver(RequestSession session) implements AsyncListener {
    private void save() {
      try {
        session.beforeCommit();
      } catch (RuntimeException e) {
        LOG.warn("the session of an asynchronous response was not saved", e);
      }
    }

    @Override
    public void onComplete(AsyncEvent event) {
      save();
    }

    /** A new cycle forgets the listeners of the one before. */
    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      save();
    }

    @Override
    public void onError(AsyncEvent event) {
      save();
    }
  }

  /**
   * Completes the response, also when the session can't be saved: nobody would call this again. An
   * outage makes the response a 503; any other failure makes it a 500 and reaches the caller.
   */
  @Override
  public void complete() {
    RuntimeException failure = save();
    if (failure == null) {
      context.complete();
      return;
    }
    boolean told =
        answer(
            session.isUnavailable()
                ? HttpServletResponse.SC_SERVICE_UNAVAILABLE
                : HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
    context.complete();
    if (!told || !session.isUnavailable()) {
      throw failure;
    }
  }

  private @Nullable RuntimeException save() {
    try {
      session.beforeCommit();
      return null;
    } catch (RuntimeException failure) {
      return failure;
    }
  }

  /** Whether the response could still be made this one. */
  private boolean answer(int status) {
    if (!(context.getResponse() instanceof HttpServletResponse http) || http.isCommitted()) {
      return false;
    }
    try {
      http.resetBuffer();
      http.setStatus(status);
      return true;
    } catch (IllegalStateException committed) {
      return false;
    }
  }

  @Override
  public ServletRequest getRequest() {
    return context.getRequest();
  }

  @Override
  public ServletResponse getResponse() {
    return context.getResponse();
  }

  @Override
  public boolean hasOriginalRequestAndResponse() {
    return original || context.hasOriginalRequestAndResponse();
  }

  @Override
  public void dispatch() {
    context.dispatch();
  }

  @Override
  public void dispatch(String path) {
    context.dispatch(path);
  }

  @Override
  public void dispatch(ServletContext target, String path) {
    context.dispatch(target, path);
  }

  @Override
  public void start(Runnable run) {
    context.start(run);
  }

  @Override
  public void addListener(AsyncListener listener) {
    context.addListener(listener);
  }

  @Override
  public void addListener(
      AsyncListener listener, ServletRequest request, ServletResponse response) {
    context.addListener(listener, request, response);
  }

  @Override
  public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
    return context.createListener(type);
  }

  @Override
  public void setTimeout(long millis) {
    context.setTimeout(millis);
  }

  @Override
  public long getTimeout() {
    return context.getTimeout();
  }
}
