package io.perfkit.cache.weave;

import java.io.InputStream;
import java.io.Reader;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Spliterator;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;

/**
 * Types of results that can be read only once, or are still to come: a second caller would get
 * nothing.
 */
final class OnceOnly {
  private static final List<Class<?>> KINDS =
      List.of(
          BaseStream.class,
          Iterator.class,
          Enumeration.class,
          Spliterator.class,
          InputStream.class,
          Reader.class,
          Readable.class,
          CompletionStage.class,
          Future.class,
          Callable.class,
          Runnable.class,
          Flow.Publisher.class,
          AutoCloseable.class);

  private OnceOnly() {}

  /** The read-once class in a type: the type itself, or one of its elements or type arguments. */
  static Optional<Class<?>> in(Type type) {
    if (type instanceof Class<?> plain) {
      return plain.isArray() ? in(plain.getComponentType()) : of(plain);
    }
    if (type instanceof GenericArrayType array) {
      return in(array.getGenericComponentType());
    }
    if (type instanceof ParameterizedType generic) {
      return in(generic.getRawType())
          .or(
              () ->
                  Arrays.stream(generic.getActualTypeArguments())
                      .flatMap(argument -> in(argument).stream())
                      .findFirst());
    }
    return Optional.empty();
  }

  private static Optional<Class<?>> of(Class<?> type) {
    return KINDS.stream().anyMatch(kind -> kind.isAssignableFrom(type))
        ? Optional.of(type)
        : Optional.empty();
  }

  /** Whether a value is of such a type, for a declared type that does not show it. */
  static boolean is(Object value) {
    return value instanceof BaseStream
        || value instanceof Iterator
        || value instanceof InputStream
        || value instanceof Reader
        || value instanceof CompletionStage
        || value instanceof Future;
  }
}
