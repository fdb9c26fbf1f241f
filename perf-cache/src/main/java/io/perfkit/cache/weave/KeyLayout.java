package io.perfkit.cache.weave;

import io.perfkit.cache.internal.Thrown;
import io.perfkit.weave.Tuples;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The structure of one cache's keys: no part makes a constant, one part is the key itself, several
 * make a {@link Tuples tuple}. Their text in Redis is that of the part, or of all parts with {@code
 * :} between them, where a part's own {@code :} and {@code \} are escaped and null is {@code \N}:
 * so different keys have different texts, in every JVM. Immutable.
 */
final class KeyLayout {
  private static final String CONSTANT = "";

  /** The parts that a tuple's constructor takes besides itself and its hash. */
  private static final int SLOTS_MAX = 250;

  private final List<Class<?>> types;
  private final MethodHandle factory;
  private final MethodHandle spread;
  private final Function<Object, String> text;

  private KeyLayout(List<Class<?>> types, MethodHandle factory, Function<Object, String> text) {
    this.types = types;
    this.factory = factory;
    this.spread =
        factory
            .asType(factory.type().generic())
            .asSpreader(Object[].class, factory.type().parameterCount());
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException if a type has no text
   */
  static KeyLayout of(List<Class<?>> types) {
    int slots = types.stream().mapToInt(KeyLayout::slots).sum();
    if (slots > SLOTS_MAX) {
      throw new IllegalArgumentException(
          "key: "
              + types.size()
              + " parts (expected: at most "
              + SLOTS_MAX
              + ", where a long or double counts as two); put some of them into a record");
    }
    List<Function<Object, String>> texts = new ArrayList<>();
    types.forEach(type -> texts.add(PartText.of(type)));
    if (types.isEmpty()) {
      return new KeyLayout(types, MethodHandles.constant(Object.class, CONSTANT), key -> CONSTANT);
    }
    if (types.size() == 1) {
      return new KeyLayout(types, boxing(types.get(0)), texts.get(0));
    }
    Tuples tuples = Tuples.of(types);
    return new KeyLayout(types, tuples.factory(), key -> PartText.join(texts, tuples.values(key)));
  }

  /** The key of these parts. */
  Object key(@Nullable Object[] parts) {
    try {
      return spread.invokeExact(parts);
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
  }

  /** The layout for keys of one part, of a cache that knows their text. */
  static KeyLayout itself(Class<?> type) {
    return new KeyLayout(List.of(type), boxing(type), Object::toString);
  }

  private static int slots(Class<?> type) {
    return type == long.class || type == double.class ? 2 : 1;
  }

  private static MethodHandle boxing(Class<?> type) {
    return MethodHandles.identity(Object.class).asType(MethodType.methodType(Object.class, type));
  }

  /** The types of the parts, in order; two methods share a cache only if theirs are equal. */
  List<Class<?>> types() {
    return types;
  }

  /** Whether parts of these types make such a key; a lone number may be boxed. */
  boolean takes(List<Class<?>> parts) {
    return types.equals(parts)
        || (types.size() == 1 && parts.size() == 1 && boxed(types.get(0)) == boxed(parts.get(0)));
  }

  private static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }

  /** A handle that takes the parts and returns the key as an {@code Object}. */
  MethodHandle factory() {
    return factory;
  }

  /** The text of a key; equal keys have the same text, different keys another. */
  String text(Object key) {
    return text.apply(key);
  }
}
