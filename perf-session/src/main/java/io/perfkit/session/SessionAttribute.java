package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Codec;
import io.perfkit.redis.ValueFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Typed key of a session attribute: its name, and the codec of its values. Immutable, thread safe.
 * A host keeps its attributes as constants. Values are stored in {@link ValueFormat}; those of
 * {@link Codec#longs()} as decimal digits, which {@link SessionManager#increment} counts up.
 *
 * @param <T> type of the value
 */
public final class SessionAttribute<T> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._$-]{1,128}");

  private final String name;
  private final ValueFormat<T> format;

  private SessionAttribute(String name, ValueFormat<T> format) {
    this.name = name;
    this.format = format;
  }

  /**
   * An attribute.
   *
   * @param name 1 to 128 letters, digits and {@code . _ - $}
   */
  public static <T> SessionAttribute<T> of(String name, Codec<T> codec) {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "name: '" + name + "' (expected: 1 to 128 of letters, digits and . _ - $)");
    }
    return new SessionAttribute<>(name, ValueFormat.of(codec));
  }

  /** Whether the name is valid for an attribute. */
  public static boolean isName(String name) {
    return NAME.matcher(requireNonNull(name, "name")).matches();
  }

  /** The name. */
  public String name() {
    return name;
  }

  private boolean isNumber() {
    return format.codec().equals(Codec.longs());
  }

  byte[] encode(T value) {
    requireNonNull(value, "value");
    return isNumber() ? value.toString().getBytes(US_ASCII) : format.encode(value);
  }

  @SuppressWarnings("unchecked") // T is Long where the codec is that of longs
  Optional<T> decode(byte[] stored) {
    if (isNumber()) {
      try {
        return Optional.of((T) Long.valueOf(new String(stored, US_ASCII)));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }
    return format.decode(stored);
  }

  @Override
  public String toString() {
    return "SessionAttribute[" + name + "]";
  }
}
