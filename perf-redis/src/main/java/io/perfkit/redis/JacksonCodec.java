package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Type;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by the host's own Jackson mapper, with its modules, mixins and settings: for classes of
 * other languages, types of libraries, or annotations that {@link Codec#json(Class)} overrules.
 */
public final class JacksonCodec {
  private JacksonCodec() {}

  /**
   * JSON of {@code type} as {@code mapper} writes it. What the mapper hides is not stored. The
   * first value of each class is read back when it is written, and refused if it comes back
   * changed; later ones are not, so a property that the mapper hides, or one of an open type, may
   * be lost. A change of the mapper's settings makes no other schema: bytes that it can't read
   * count as a miss.
   *
   * @throws IllegalArgumentException if the mapper could not read what it writes
   */
  public static <T> Codec<T> of(JsonMapper mapper, Class<T> type) {
    return JsonCodec.by(requireNonNull(mapper, "mapper"), type);
  }

  /**
   * The same for a type that may have arguments.
   *
   * @param <T> what {@code type} is; not checked
   * @throws IllegalArgumentException as above
   */
  public static <T> Codec<T> of(JsonMapper mapper, Type type) {
    return JsonCodec.by(requireNonNull(mapper, "mapper"), type);
  }
}
