package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A generic class with its arguments. Immutable. */
record TypeWithArguments(Class<?> raw, List<Type> arguments) implements ParameterizedType {
  static TypeWithArguments of(Class<?> raw, Class<?>... arguments) {
    Arrays.asList(arguments).forEach(argument -> requireNonNull(argument, "type"));
    return new TypeWithArguments(raw, List.of(arguments));
  }

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
    return null;
  }

  @Override
  public String getTypeName() {
    return toString();
  }

  /** As the JDK writes it, so that the schema is that of the same type from a method. */
  @Override
  public String toString() {
    return raw.getName()
        + arguments.stream().map(Type::getTypeName).collect(Collectors.joining(", ", "<", ">"));
  }
}
