package io.perfkit.cache.weave;

import io.perfkit.weave.Tuples;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What the keys of one cache are made of: no part is a constant, one part is the key itself,
 * several are a {@link Tuples tuple}. Their text in Redis is that of the part, or of all parts with
 * {@code :} between them, where a part's own {@code :} and {@code \} are escaped and null is {@code
 * \N}: so other keys have another text, in every JVM. Immutable.
 */
final class KeyLayout {
  private static final String CONSTANT = "";

  private final List<Class<?>> types;
  private final MethodHandle factory;
  private final Function<Object, String> text;

  private KeyLayout(List<Class<?>> types, MethodHandle factory, Function<Object, String> text) {
    this.types = types;
    this.factory = factory;
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException if a type has no text
   */
  static KeyLayout of(List<Class<?>> types) {
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

  /** Keys of one part, of a cache that knows their text. */
  static KeyLayout itself(Class<?> type) {
    return new KeyLayout(List.of(type), boxing(type), Object::toString);
  }

  private static MethodHandle boxing(Class<?> type) {
    return MethodHandles.identity(Object.class).asType(MethodType.methodType(Object.class, type));
  }

  /** In order; two methods share a cache only if they have the same. */
  List<Class<?>> types() {
    return types;
  }

  /** A handle that takes the parts and gives the key as an {@code Object}. */
  MethodHandle factory() {
    return factory;
  }

  /** Equal keys have the same, others another. */
  String text(Object key) {
    return text.apply(key);
  }
}
