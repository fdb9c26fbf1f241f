package io.perfkit.cache.weave;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One value that a key is made of.
 *
 * @param what the expression or parameter, for messages
 * @param value takes the values that the annotation's expressions may use
 * @param isOfResult whether it names the method's result
 */
record KeyPart(String what, Class<?> type, MethodHandle value, boolean isOfResult) {
  private static final MethodHandle REQUIRE;

  static {
    try {
      REQUIRE =
          MethodHandles.publicLookup()
              .findStatic(
                  Objects.class,
                  "requireNonNull",
                  methodType(Object.class, Object.class, String.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The argument of this index. */
  static KeyPart argument(int index, String name, List<Class<?>> values) {
    Class<?> type = values.get(index);
    return new KeyPart(
        name,
        type,
        MethodHandles.permuteArguments(
            MethodHandles.identity(type), MethodType.methodType(type, values), index),
        false);
  }

  static List<Class<?>> types(List<KeyPart> parts) {
    List<Class<?>> types = new ArrayList<>();
    parts.forEach(part -> types.add(part.type()));
    return types;
  }

  /**
   * A handle that takes the parameters of the parts and returns the key.
   *
   * @param method named where a key is null
   */
  static MethodHandle key(
      List<KeyPart> parts, KeyLayout layout, List<Class<?>> values, String method) {
    MethodHandle factory =
        layout.factory().asType(MethodType.methodType(Object.class, types(parts))); // may box
    List<MethodHandle> taken = new ArrayList<>();
    parts.forEach(part -> taken.add(part.value()));
    if (parts.isEmpty()) {
      return MethodHandles.dropArguments(factory, 0, values);
    }
    MethodHandle key = Call.compute(factory, taken);
    if (parts.size() == 1 && !parts.get(0).type().isPrimitive()) {
      key = MethodHandles.filterReturnValue(key, present(parts.get(0).what(), method));
    }
    return key;
  }

  /** A handle that takes the parameters of the parts and returns their values. */
  static MethodHandle values(List<KeyPart> parts, List<Class<?>> values, String method) {
    MethodHandle array =
        MethodHandles.identity(Object[].class).asCollector(Object[].class, parts.size());
    if (parts.isEmpty()) {
      return MethodHandles.dropArguments(array, 0, values);
    }
    List<MethodHandle> taken = new ArrayList<>();
    for (KeyPart part : parts) {
      MethodHandle boxed = part.value().asType(part.value().type().changeReturnType(Object.class));
      taken.add(
          parts.size() == 1
              ? MethodHandles.filterReturnValue(boxed, present(part.what(), method))
              : boxed);
    }
    return Call.compute(array, taken);
  }

  private static MethodHandle present(String what, String method) {
    String message =
        method
            + ": the key '"
            + what
            + "' is null (expected: a value; condition = \""
            + what
            + " != null\" lets such calls pass without the cache)";
    return MethodHandles.insertArguments(REQUIRE, 1, message);
  }
}
