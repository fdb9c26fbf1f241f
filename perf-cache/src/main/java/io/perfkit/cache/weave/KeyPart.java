package io.perfkit.cache.weave;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/**
 * One value that a key is made of.
 *
 * @param value takes the values that expressions of the annotation may name
 */
record KeyPart(Class<?> type, MethodHandle value) {

  /** The argument of this index. */
  static KeyPart argument(int index, List<Class<?>> values) {
    Class<?> type = values.get(index);
    return new KeyPart(
        type,
        MethodHandles.permuteArguments(
            MethodHandles.identity(type), MethodType.methodType(type, values), index));
  }

  static List<Class<?>> types(List<KeyPart> parts) {
    List<Class<?>> types = new ArrayList<>();
    parts.forEach(part -> types.add(part.type()));
    return types;
  }

  /** A handle that takes what the parts take and gives the key. */
  static MethodHandle key(List<KeyPart> parts, KeyLayout layout, List<Class<?>> values) {
    MethodHandle key =
        layout.factory().asType(MethodType.methodType(Object.class, types(parts))); // may box
    for (int i = parts.size() - 1; i >= 0; i--) {
      key = MethodHandles.collectArguments(key, i, parts.get(i).value());
    }
    int[] order = new int[parts.size() * values.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i % values.size();
    }
    return MethodHandles.permuteArguments(key, MethodType.methodType(Object.class, values), order);
  }
}
