package io.perfkit.session.servlet;

import static java.util.Objects.requireNonNull;

import io.perfkit.session.HeldValue;
import io.perfkit.session.Session;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The {@code HttpSession} view of a session. Guarded by the lock of its request. */
final class SessionView implements HttpSession {
  private final RequestSession request;
  private final Attributes attributes;
  private final Listeners listeners;
  private final boolean fresh;

  /** Objects that this request has read or set and may change in place. */
  private final Map<String, HeldValue<Object>> objects = new HashMap<>();

  private Session session;
  private boolean valid = true;

  SessionView(RequestSession request, Setup setup, Session session, boolean fresh) {
    this.request = request;
    this.attributes = setup.attributes();
    this.listeners = setup.listeners();
    this.session = session;
    this.fresh = fresh;
  }

  Session session() {
    return session;
  }

  boolean valid() {
    return valid;
  }

  void end() {
    valid = false;
  }

  /** The same session under another id. */
  void replace(Session renamed) {
    String before = session.id();
    session = renamed;
    listeners.renamed(this, before);
  }

  /** Sets attributes whose objects changed in place. */
  void collect() {
    for (Map.Entry<String, HeldValue<Object>> one : objects.entrySet()) {
      HeldValue<Object> held = one.getValue();
      if (attributes.setIfChanged(session, one.getKey(), held)) {
        one.setValue(attributes.hold(session, one.getKey(), held.value()));
      }
    }
  }

  private Session live() {
    if (!valid) {
      throw new IllegalStateException("session: invalidated (expected: a live one)");
    }
    return session;
  }

  @Override
  public long getCreationTime() {
    return request.locked(() -> live().created().toEpochMilli());
  }

  @Override
  public String getId() {
    return request.locked(session::id);
  }

  @Override
  public long getLastAccessedTime() {
    return request.locked(() -> live().lastSeen().toEpochMilli());
  }

  @Override
  public ServletContext getServletContext() {
    return request.servletContext();
  }

  @Override
  public void setMaxInactiveInterval(int interval) {
    request.locked(
        () -> {
          request.idleTimeout(live(), interval);
          return true;
        });
  }

  @Override
  public int getMaxInactiveInterval() {
    return request.locked(
        () -> {
          Duration idle = live().idleTimeout();
          return (int) Math.min(Integer.MAX_VALUE, Math.max(1, idle.toSeconds()));
        });
  }

  @Override
  public @Nullable Object getAttribute(String name) {
    return request
        .locked(() -> Optional.ofNullable(read(requireNonNull(name, "name"))))
        .orElse(null);
  }

  private @Nullable Object read(String name) {
    Session current = live();
    HeldValue<Object> held = objects.get(name);
    if (held != null && current.holds(held)) {
      return held.value();
    }
    Object value = attributes.get(current, name).orElse(null);
    if (value == null) {
      objects.remove(name);
    } else if (attributes.mayChange(name)) {
      objects.put(name, attributes.hold(current, name, value));
    }
    return value;
  }

  @Override
  public Enumeration<String> getAttributeNames() {
    return request.locked(() -> Collections.enumeration(live().attributeNames()));
  }

  @Override
  public void setAttribute(String name, @Nullable Object value) {
    requireNonNull(name, "name");
    if (value == null) {
      removeAttribute(name);
      return;
    }
    request.locked(
        () -> {
          Object before = before(name);
          attributes.set(live(), name, value);
          if (attributes.mayChange(name)) {
            objects.put(name, attributes.hold(session, name, value));
          }
          listeners.bound(this, name, before, value);
          return true;
        });
  }

  @Override
  public void removeAttribute(String name) {
    request.locked(
        () -> {
          Object before = before(name);
          attributes.remove(live(), name);
          objects.remove(name);
          if (before != null) {
            listeners.bound(this, name, before, null);
          }
          return true;
        });
  }

  private @Nullable Object before(String name) {
    return listeners.hearAttributes() || attributes.mayChange(name) ? read(name) : null;
  }

  @Override
  public void invalidate() {
    request.locked(
        () -> {
          Session ended = live();
          listeners.destroyed(this);
          for (String name : ended.attributeNames()) {
            Object value = before(name);
            if (value != null) {
              listeners.bound(this, name, value, null);
            }
          }
          request.invalidate(ended);
          valid = false;
          objects.clear();
          return true;
        });
  }

  @Override
  public boolean isNew() {
    return request.locked(
        () -> {
          live();
          return fresh;
        });
  }

  @Override
  public String toString() {
    return "HttpSession[" + session.id() + (valid ? "]" : ", ended]");
  }
}
