package io.perfkit.session.servlet;

import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionAttributeListener;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionIdListener;
import jakarta.servlet.http.HttpSessionListener;
import java.util.EventListener;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls the host's listeners for what a request does to its session; exceptions reach the request.
 * Immutable.
 */
record Listeners(List<EventListener> all) {
  Listeners {
    all = List.copyOf(all);
    for (EventListener one : all) {
      if (!(one instanceof HttpSessionListener
          || one instanceof HttpSessionAttributeListener
          || one instanceof HttpSessionIdListener)) {
        throw new IllegalArgumentException(
            "listener: "
                + one.getClass().getName()
                + " (expected: HttpSessionListener, HttpSessionAttributeListener or"
                + " HttpSessionIdListener)");
      }
    }
  }

  /** Whether a listener needs the former value of an attribute. */
  boolean hearAttributes() {
    return all.stream().anyMatch(HttpSessionAttributeListener.class::isInstance);
  }

  void created(HttpSession session) {
    for (EventListener one : all) {
      if (one instanceof HttpSessionListener listener) {
        listener.sessionCreated(new HttpSessionEvent(session));
      }
    }
  }

  void destroyed(HttpSession session) {
    for (int i = all.size() - 1; i >= 0; i--) { // the last first, as containers do
      if (all.get(i) instanceof HttpSessionListener listener) {
        listener.sessionDestroyed(new HttpSessionEvent(session));
      }
    }
  }

  void renamed(HttpSession session, String oldId) {
    for (EventListener one : all) {
      if (one instanceof HttpSessionIdListener listener) {
        listener.sessionIdChanged(new HttpSessionEvent(session), oldId);
      }
    }
  }

  /** {@code name} has {@code value}, or none, where {@code before} stood. */
  void bound(HttpSession session, String name, @Nullable Object before, @Nullable Object value) {
    if (value != before && value instanceof HttpSessionBindingListener bound) {
      bound.valueBound(new HttpSessionBindingEvent(session, name, value));
    }
    if (value != before && before instanceof HttpSessionBindingListener unbound) {
      unbound.valueUnbound(new HttpSessionBindingEvent(session, name, before));
    }
    for (EventListener one : all) {
      if (one instanceof HttpSessionAttributeListener listener) {
        if (before == null) {
          listener.attributeAdded(new HttpSessionBindingEvent(session, name, value));
        } else if (value == null) {
          listener.attributeRemoved(new HttpSessionBindingEvent(session, name, before));
        } else {
          listener.attributeReplaced(new HttpSessionBindingEvent(session, name, before));
        }
      }
    }
  }
}
