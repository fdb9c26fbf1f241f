package io.perfkit.weave.expression;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a property of a class is read: as a record's component, by a getter or as a field. */
final class Properties {
  private Properties() {}

  /** A handle that takes the owner. */
  static Optional<MethodHandle> find(Lookup lookup, Class<?> owner, String name) {
    String capital = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    return component(lookup, owner, name)
        .or(() -> getter(lookup, owner, "get" + capital))
        .or(() -> getter(lookup, owner, "is" + capital).filter(Properties::isBoolean))
        .or(() -> field(lookup, owner, name));
  }

  static String missing(Class<?> owner, String name) {
    String capital = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    return owner.getSimpleName()
        + " has no property '"
        + name
        + "' that can be seen (looked for a record's component or a field of that name, get"
        + capital
        + "() and is"
        + capital
        + "())";
  }

  private static Optional<MethodHandle> component(Lookup lookup, Class<?> owner, String name) {
    return owner.isRecord()
        ? Arrays.stream(owner.getRecordComponents())
            .filter(component -> component.getName().equals(name))
            .findFirst()
            .map(RecordComponent::getAccessor)
            .flatMap(accessor -> visible(lookup, accessor, owner))
        : Optional.empty();
  }

  private static Optional<MethodHandle> getter(Lookup lookup, Class<?> owner, String name) {
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

  private static boolean isBoolean(MethodHandle getter) {
    return getter.type().returnType() == boolean.class;
  }

  private static Optional<MethodHandle> visible(Lookup lookup, Method method, Class<?> owner) {
    try {
      MethodHandle getter = lookup.unreflect(method);
      return Optional.of(getter.asType(methodType(method.getReturnType(), owner)));
    } catch (IllegalAccessException e) {
      return Optional.empty();
    }
  }

  private static Optional<MethodHandle> field(Lookup lookup, Class<?> owner, String name) {
    for (Class<?> c = owner; c != null; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (field.getName().equals(name) && !Modifier.isStatic(field.getModifiers())) {
          try {
            MethodHandle getter = lookup.unreflectGetter(field);
            return Optional.of(getter.asType(methodType(field.getType(), owner)));
          } catch (IllegalAccessException e) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.empty();
  }
}
