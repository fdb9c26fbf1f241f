package io.perfkit.weave;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Resolves type variables: those of a class's ancestors in that class, and its own in a type such
 * as {@code Box<Integer>}. Immutable.
 */
public final class Generics {
  private final Map<TypeVariable<?>, Type> bindings = new HashMap<>();

  private Generics() {}

  /** The bindings of variables in this type; those of a raw class stay open. */
  public static Generics of(Type type) {
    Generics generics = new Generics();
    if (type instanceof WildcardType || type instanceof TypeVariable<?>) {
      generics.bindAncestors(generics.erase(type));
    } else {
      generics.bind(type);
    }
    return generics;
  }

  private void bindAncestors(Class<?> type) {
    bind(type.getGenericSuperclass());
    for (Type parent : type.getGenericInterfaces()) {
      bind(parent);
    }
  }

  private void bind(@Nullable Type parent) {
    if (parent instanceof ParameterizedType generic) {
      Class<?> raw = (Class<?>) generic.getRawType();
      for (int i = 0; i < raw.getTypeParameters().length; i++) {
        bindings.put(raw.getTypeParameters()[i], resolve(generic.getActualTypeArguments()[i]));
      }
      bindAncestors(raw);
    } else if (parent instanceof Class<?> raw) {
      bindAncestors(raw);
    }
  }

  /** The type with known variables replaced, and without wildcards. */
  public Type resolve(Type type) {
    if (type instanceof TypeVariable<?> variable) {
      return bindings.getOrDefault(variable, variable);
    }
    if (type instanceof WildcardType wildcard) {
      return resolve(wildcard.getUpperBounds()[0]);
    }
    if (type instanceof ParameterizedType generic) {
      return new Parameterized(
          (Class<?>) generic.getRawType(),
          Arrays.stream(generic.getActualTypeArguments()).map(this::resolve).toList());
    }
    if (type instanceof GenericArrayType array) {
      return erase(resolve(array.getGenericComponentType())).arrayType();
    }
    return type;
  }

  /** The class of a type's values. */
  public Class<?> erase(Type type) {
    Type resolved = resolve(type);
    if (resolved instanceof Class<?> plain) {
      return plain;
    }
    if (resolved instanceof ParameterizedType generic) {
      return (Class<?>) generic.getRawType();
    }
    if (resolved instanceof TypeVariable<?> variable) {
      return erase(variable.getBounds()[0]);
    }
    GenericArrayType array = (GenericArrayType) resolved;
    return Array.newInstance(erase(array.getGenericComponentType()), 0).getClass();
  }

  /** Two are equal if they read the same, unlike those of the JDK and ours. */
  private record Parameterized(Class<?> raw, List<Type> arguments) implements ParameterizedType {
    @Override
    public Type[] getActualTypeArguments() {
      return arguments.toArray(Type[]::new);
    }

    @Override
    public Type getRawType() {
      return raw;
    }

    @Override
    public @Nullable Type getOwnerType() {
      return raw.getDeclaringClass();
    }

    @Override
    public String getTypeName() {
      return arguments.stream()
          .map(Type::getTypeName)
          .collect(Collectors.joining(", ", raw.getName() + "<", ">"));
    }

    @Override
    public String toString() {
      return getTypeName();
    }
  }
}
