package io.perfkit.weave.expression;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Finds how to read a property of a class: as a record's component, by a getter or as a field; also
 * how many things are in a text, collection, map or array.
 */
final class Properties {
  private Properties() {}

  /**
   * One property.
   *
   * @param read takes the owner
   * @param type as declared, where it may name type variables of the declaring class
   */
  record Found(MethodHandle read, Type type) {}

  static Optional<Found> find(Lookup lookup, Class<?> owner, String name) {
    String capital = capital(name);
    return component(lookup, owner, name)
        .or(() -> getter(lookup, owner, "get" + capital))
        .or(() -> getter(lookup, owner, "is" + capital).filter(Properties::isBoolean))
        .or(() -> field(lookup, owner, name))
        .or(() -> count(owner, name));
  }

  /** {@code size} and {@code length}, and {@code empty} of an array: what has no getter. */
  private static Optional<Found> count(Class<?> owner, String name) {
    if (owner.isArray()) {
      MethodHandle length = MethodHandles.arrayLength(owner);
      return switch (name) {
        case "length" -> Optional.of(new Found(length, int.class));
        case "empty" ->
            Optional.of(
                new Found(
                    MethodHandles.filterReturnValue(length, Operators.IS_ZERO), boolean.class));
        default -> Optional.empty();
      };
    }
    if (name.equals("length") && CharSequence.class.isAssignableFrom(owner)) {
      return Optional.of(count(CharSequence.class, name, owner));
    }
    return name.equals("size") && isCounted(owner)
        ? Optional.of(
            count(Map.class.isAssignableFrom(owner) ? Map.class : Collection.class, name, owner))
        : Optional.empty();
  }

  private static Found count(Class<?> counted, String method, Class<?> owner) {
    try {
      MethodHandle count =
          MethodHandles.publicLookup().findVirtual(counted, method, methodType(int.class));
      return new Found(count.asType(methodType(int.class, owner)), int.class);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(method, e);
    }
  }

  private static String capital(String name) {
    int first = name.offsetByCodePoints(0, 1);
    return name.substring(0, first).toUpperCase(Locale.ROOT) + name.substring(first);
  }

  static String missing(Lookup lookup, Class<?> owner, String name) {
    String capital = capital(name);
    return owner.getSimpleName()
        + " has no property '"
        + name
        + "' that can be seen (looked for a record's component or a field of that name, get"
        + capital
        + "() and is"
        + capital
        + "())"
        + hint(lookup, owner, name);
  }

  /** What to write instead, where it is clear what was meant. */
  private static String hint(Lookup lookup, Class<?> owner, String name) {
    if (name.equals("size") && (owner.isArray() || CharSequence.class.isAssignableFrom(owner))) {
      return "; write length";
    }
    if (name.equals("length") && isCounted(owner)) {
      return "; write size";
    }
    boolean method =
        Arrays.stream(owner.getMethods())
            .anyMatch(one -> one.getName().equals(name) && one.getParameterCount() == 0);
    if (method) {
      return "; "
          + name
          + "() is a method, and expressions call none but getters: pass its value as a parameter,"
          + " or add get"
          + capital(name)
          + "()";
    }
    Class<?>[] permitted = owner.isSealed() ? owner.getPermittedSubclasses() : new Class<?>[0];
    return Arrays.stream(permitted)
        .filter(subclass -> find(lookup, subclass, name).isPresent())
        .findFirst()
        .map(
            subclass ->
                "; "
                    + subclass.getSimpleName()
                    + " has it: declare get"
                    + capital(name)
                    + "() in "
                    + owner.getSimpleName()
                    + ", or pass the value as a parameter")
        .orElse("");
  }

  private static boolean isCounted(Class<?> owner) {
    return Collection.class.isAssignableFrom(owner) || Map.class.isAssignableFrom(owner);
  }

  private static Optional<Found> component(Lookup lookup, Class<?> owner, String name) {
    return owner.isRecord()
        ? Arrays.stream(owner.getRecordComponents())
            .filter(component -> component.getName().equals(name))
            .findFirst()
            .map(RecordComponent::getAccessor)
            .flatMap(accessor -> visible(lookup, accessor, owner))
        : Optional.empty();
  }

  private static Optional<Found> getter(Lookup lookup, Class<?> owner, String name) {
    for (Class<?> c = owner; c != null; c = c.getSuperclass()) {
      for (Method method : c.getDeclaredMethods()) {
        if (isGetter(method, name)) {
          return visible(lookup, method, owner);
        }
      }
    }
    return Arrays.stream(owner.getMethods())
        .filter(method -> isGetter(method, name))
        .findFirst()
        .flatMap(method -> visible(lookup, method, owner));
  }

  private static boolean isGetter(Method method, String name) {
    return method.getName().equals(name)
        && method.getParameterCount() == 0
        && method.getReturnType() != void.class
        && !Modifier.isStatic(method.getModifiers())
        && !method.isBridge();
  }

  private static boolean isBoolean(Found getter) {
    return getter.read().type().returnType() == boolean.class;
  }

  /** As the owner shows it, which may be more public than the class that declares it. */
  private static Optional<Found> visible(Lookup lookup, Method method, Class<?> owner) {
    MethodHandle getter;
    try {
      getter = lookup.findVirtual(owner, method.getName(), methodType(method.getReturnType()));
    } catch (NoSuchMethodException | IllegalAccessException e) {
      try {
        getter = lookup.unreflect(method);
      } catch (IllegalAccessException hidden) {
        return Optional.empty();
      }
    }
    MethodHandle typed = getter.asType(methodType(method.getReturnType(), owner));
    return Optional.of(new Found(typed, method.getGenericReturnType()));
  }

  private static Optional<Found> field(Lookup lookup, Class<?> owner, String name) {
    for (Class<?> c = owner; c != null; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (field.getName().equals(name) && !Modifier.isStatic(field.getModifiers())) {
          try {
            MethodHandle getter = lookup.unreflectGetter(field);
            MethodHandle typed = getter.asType(methodType(field.getType(), owner));
            return Optional.of(new Found(typed, field.getGenericType()));
          } catch (IllegalAccessException e) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.empty();
  }
}
