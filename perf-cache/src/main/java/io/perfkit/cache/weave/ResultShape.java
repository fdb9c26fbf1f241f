package io.perfkit.cache.weave;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.weave.Generics;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How a method's result holds the cached value: as it is, in an {@code Optional}, in a stage, or in
 * a stage of an {@code Optional}. Immutable.
 *
 * @param stage whether it is a {@code CompletionStage} of any class
 * @param plainStage whether it is a stage that can be made of any value
 * @param value the cached value's type, not primitive
 */
record ResultShape(boolean stage, boolean plainStage, boolean optional, Type value) {

  private static final MethodHandle OPTIONAL_OF =
      publicStatic(Optional.class, "ofNullable", Optional.class);
  private static final MethodHandle COMPLETED =
      publicStatic(CompletableFuture.class, "completedFuture", CompletableFuture.class);

  static ResultShape of(Type result) {
    Type inner = result;
    boolean plainStage =
        isOne(inner, CompletionStage.class) || isOne(inner, CompletableFuture.class);
    Generics generics = Generics.of(result);
    boolean stage = CompletionStage.class.isAssignableFrom(generics.erase(result));
    if (stage) {
      inner = generics.resolve(CompletionStage.class.getTypeParameters()[0]);
      inner = inner instanceof TypeVariable<?> ? Object.class : inner;
    }
    boolean optional = isOne(inner, Optional.class);
    inner = optional ? argument(inner) : inner;
    if (inner instanceof Class<?> plain) {
      inner = methodType(plain).wrap().returnType();
    }
    return new ResultShape(stage, plainStage, optional, inner);
  }

  private static boolean isOne(Type type, Class<?> raw) {
    return type == raw
        || (type instanceof ParameterizedType generic && generic.getRawType() == raw);
  }

  private static Type argument(Type type) {
    return type instanceof ParameterizedType generic
        ? generic.getActualTypeArguments()[0]
        : Object.class;
  }

  /** A handle that takes a cached value and returns the method's result. */
  MethodHandle ofHit() {
    MethodHandle result = MethodHandles.identity(Object.class);
    if (optional) {
      result = MethodHandles.filterReturnValue(result, OPTIONAL_OF);
    }
    return stage ? MethodHandles.filterReturnValue(result, COMPLETED) : result;
  }

  /** The value inside a result that is not a stage, null if there is none. */
  @Nullable Object unwrap(@Nullable Object result) {
    return optional && result != null ? ((Optional<?>) result).orElse(null) : result;
  }

  /** A result that is not a stage and holds the value, or none. */
  @Nullable Object wrap(@Nullable Object value) {
    return optional ? Optional.ofNullable(value) : value;
  }

  private static MethodHandle publicStatic(Class<?> owner, String name, Class<?> result) {
    try {
      Lookup lookup = MethodHandles.publicLookup();
      return lookup
          .findStatic(owner, name, methodType(result, Object.class))
          .asType(methodType(Object.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
