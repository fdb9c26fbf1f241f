package io.perfkit.cache;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/**
 * One value that a key is made of.
 *
 * @param value takes the method's arguments, or also its result
 */
record KeyPart(Class<?> type, MethodHandle value) {

  /** The argument of this index. */
  static KeyPart argument(int index, MethodType method) {
    Class<?> type = method.parameterType(index);
    MethodHandle value = MethodHandles.identity(type);
    int[] order = {index};
    return new KeyPart(
        type, MethodHandles.permuteArguments(value, method.changeReturnType(type), order));
  }

  static List<Class<?>> types(List<KeyPart> parts) {
    List<Class<?>> types = new ArrayList<>();
    parts.forEach(part -> types.add(part.type()));
    return types;
  }

  /** A handle that takes what the parts take and gives the key. */
  static MethodHandle key(List<KeyPart> parts, KeyLayout layout, List<Class<?>> arguments) {
    MethodHandle key = layout.factory();
    for (int i = parts.size() - 1; i >= 0; i--) {
      key = MethodHandles.collectArguments(key, i, parts.get(i).value());
    }
    int[] order = new int[parts.size() * arguments.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i % arguments.size();
    }
    return MethodHandles.permuteArguments(
        key, MethodType.methodType(Object.class, arguments), order);
  }
}
