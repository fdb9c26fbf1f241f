package io.perfkit.session;

/**
 * An object that a request has read from a session or set there, with the stored form it had then:
 * by both {@link Session#setIfChanged} finds out what the request has changed in the object since.
 * Immutable, apart from the object.
 *
 * @param <T> type of the object
 */
public final class HeldValue<T> {
  private final SessionAttribute<T> attribute;
  private final T value;
  private final byte[] bytes;

  HeldValue(SessionAttribute<T> attribute, T value, byte[] bytes) {
    this.attribute = attribute;
    this.value = value;
    this.bytes = bytes;
  }

  /** The object. */
  public T value() {
    return value;
  }

  SessionAttribute<T> attribute() {
    return attribute;
  }

  byte[] bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return "HeldValue[" + attribute.name() + "]";
  }
}
