package io.perfkit.ratelimit.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request that holds permits until its response is complete. It overrides {@code startAsync} to
 * learn of each call: code that asks the container afterwards may find the asynchronous part
 * finished or dispatched, and can't know whether it ever began.
 */
final class HeldRequest extends HttpServletRequestWrapper implements AsyncListener {
  private final Runnable release;
  private final AtomicBoolean released = new AtomicBoolean();
  private volatile boolean async;

  HeldRequest(HttpServletRequest request, Runnable release) {
    super(request);
    this.release = release;
  }

  void goOn(ServletResponse response, FilterChain chain) throws IOException, ServletException {
    try {
      chain.doFilter(this, response);
    } finally {
      if (!async) {
        releaseOnce();
      }
    }
  }

  @Override
  public AsyncContext startAsync() {
    return heard(super.startAsync());
  }

  @Override
  public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
    return heard(super.startAsync(request, response));
  }

  private AsyncContext heard(AsyncContext context) {
    context.addListener(this);
    async = true;
    return context;
  }

  @Override
  public void onComplete(AsyncEvent event) {
    releaseOnce();
  }

  /** Registers again, since a new asynchronous cycle forgets the listeners of the one before. */
  @Override
  public void onStartAsync(AsyncEvent event) {
    event.getAsyncContext().addListener(this);
  }

  /** The container completes the response, unless the application does. */
  @Override
  public void onTimeout(AsyncEvent event) {}

  @Override
  public void onError(AsyncEvent event) {}

  private void releaseOnce() {
    if (released.compareAndSet(false, true)) {
      release.run();
    }
  }
}
