package io.perfkit.session.servlet;

import io.perfkit.redis.CodecFailed;
import io.perfkit.session.HeldValue;
import io.perfkit.session.Session;
import io.perfkit.session.SessionAttribute;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Maps the attribute names of an {@code HttpSession} to their types. Immutable, thread safe. */
final class Attributes {
  private final Map<String, SessionAttribute<?>> declared = new HashMap<>();

  Attributes(List<SessionAttribute<?>> attributes) {
    for (SessionAttribute<?> attribute : attributes) {
      if (declared.putIfAbsent(attribute.name(), attribute) != null) {
        throw new IllegalArgumentException(
            "attribute: '" + attribute.name() + "' (expected: each declared once)");
      }
    }
  }

  /** Whether a value there may change in place. */
  boolean mayChange(String name) {
    return declared.containsKey(name);
  }

  /**
   * Sets an attribute.
   *
   * @throws IllegalArgumentException with its name, if the value cannot be stored in a session
   */
  void set(Session session, String name, Object value) {
    try {
      session.set(of(name, value), value);
    } catch (CodecFailed | ClassCastException e) {
      throw new IllegalArgumentException(
          "attribute "
              + name
              + ": "
              + value.getClass().getName()
              + " (expected: what its codec writes)",
          e);
    }
  }

  /** Holds a value that was just read or set. */
  HeldValue<Object> hold(Session session, String name, Object value) {
    return session.hold(of(name, value), value);
  }

  /** As {@link #set}, if the object has changed in place and the attribute not otherwise. */
  boolean setIfChanged(Session session, String name, HeldValue<Object> held) {
    try {
      return session.setIfChanged(held);
    } catch (CodecFailed e) {
      throw new IllegalArgumentException(
          "attribute " + name + ": changed in place to what its codec can't write", e);
    }
  }

  /** The value of an attribute; an undeclared one counts if it is a scalar. */
  Optional<?> get(Session session, String name) {
    SessionAttribute<?> attribute = declared.get(name);
    return attribute != null
        ? session.get(attribute)
        : SessionAttribute.isName(name) ? session.get(scalar(name)) : Optional.empty();
  }

  void remove(Session session, String name) {
    SessionAttribute<?> attribute = declared.get(name);
    if (attribute != null || SessionAttribute.isName(name)) {
      session.remove(attribute != null ? attribute : scalar(name));
    }
  }

  @SuppressWarnings("unchecked") // a value of another type is a ClassCastException of the codec
  private SessionAttribute<Object> of(String name, Object value) {
    SessionAttribute<?> attribute = declared.get(name);
    if (attribute != null) {
      return (SessionAttribute<Object>) attribute;
    } else if (!ScalarCodec.takes(value)) {
      throw new IllegalArgumentException(
          "attribute "
              + name
              + ": "
              + value.getClass().getName()
              + " (expected: a text, number or boolean, or an attribute that the filter was given"
              + " with its codec)");
    }
    return scalar(name);
  }

  private static SessionAttribute<Object> scalar(String name) {
    return SessionAttribute.of(name, ScalarCodec.ONLY);
  }
}
