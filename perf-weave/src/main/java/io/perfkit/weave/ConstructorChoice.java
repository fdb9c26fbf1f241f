package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Overload resolution for constructors, as in the Java language: first those with a fixed number of
 * parameters, then those with variable arity; of several the most specific. Immutable.
 */
final class ConstructorChoice {
  /** Widening conversions of each primitive type, in the order of width. */
  private static final Map<Class<?>, List<Class<?>>> WIDENED =
      Map.of(
          byte.class,
              List.of(byte.class, short.class, int.class, long.class, float.class, double.class),
          short.class, List.of(short.class, int.class, long.class, float.class, double.class),
          char.class, List.of(char.class, int.class, long.class, float.class, double.class),
          int.class, List.of(int.class, long.class, float.class, double.class),
          long.class, List.of(long.class, float.class, double.class),
          float.class, List.of(float.class, double.class),
          double.class, List.of(double.class),
          boolean.class, List.of(boolean.class));

  private final Class<?> service;
  private final List<Constructor<?>> constructors;

  ConstructorChoice(Class<?> service) {
    this.service = service;
    this.constructors =
        Arrays.stream(service.getDeclaredConstructors())
            .filter(one -> !Modifier.isPrivate(one.getModifiers()) && !one.isSynthetic())
            .sorted(Comparator.comparing(Constructor::toString))
            .toList();
  }

  /** A constructor's parameters and its arguments. */
  record Chosen(List<Class<?>> parameters, List<@Nullable Object> arguments) {
    static Chosen of(Class<?>[] parameters, @Nullable Object[] arguments) {
      return new Chosen(List.of(parameters), Arrays.asList(arguments));
    }
  }

  /**
   * @throws WeavingRefused if no constructor fits the arguments, or several fit and none is most
   *     specific
   */
  Chosen of(@Nullable Object[] arguments) {
    List<Class<?>[]> fitting = new ArrayList<>();
    for (Constructor<?> constructor : constructors) {
      if (takes(constructor.getParameterTypes(), arguments)) {
        fitting.add(constructor.getParameterTypes());
      }
    }
    if (!fitting.isEmpty()) {
      return Chosen.of(mostSpecific(fitting, arguments), arguments);
    }
    List<Class<?>[]> varying = new ArrayList<>();
    List<Class<?>[]> spread = new ArrayList<>();
    for (Constructor<?> constructor : constructors) {
      Class<?>[] parameters = constructor.getParameterTypes();
      if (constructor.isVarArgs() && arguments.length >= parameters.length - 1) {
        Class<?>[] all = spread(parameters, arguments.length);
        if (takes(all, arguments)) {
          varying.add(parameters);
          spread.add(all);
        }
      }
    }
    if (spread.isEmpty()) {
      throw refused(0, arguments);
    }
    Class<?>[] parameters = varying.get(spread.indexOf(mostSpecific(spread, arguments)));
    return Chosen.of(parameters, gathered(parameters, arguments));
  }

  private Class<?>[] mostSpecific(List<Class<?>[]> fitting, @Nullable Object[] arguments) {
    return fitting.stream()
        .filter(one -> fitting.stream().allMatch(other -> isAsSpecific(one, other)))
        .findFirst()
        .orElseThrow(() -> refused(fitting.size(), arguments));
  }

  private static boolean isAsSpecific(Class<?>[] one, Class<?>[] other) {
    for (int i = 0; i < one.length; i++) {
      if (!isAsSpecific(one[i], other[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAsSpecific(Class<?> one, Class<?> other) {
    if (one.isPrimitive()) { // an argument that could be either is meant as it is written
      return !other.isPrimitive() || WIDENED.getOrDefault(one, List.of()).contains(other);
    }
    return !other.isPrimitive() && other.isAssignableFrom(one);
  }

  private static boolean takes(Class<?>[] parameters, @Nullable Object[] arguments) {
    if (parameters.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < parameters.length; i++) {
      if (!takes(parameters[i], arguments[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean takes(Class<?> parameter, @Nullable Object argument) {
    if (!parameter.isPrimitive()) {
      return argument == null || parameter.isInstance(argument);
    }
    if (argument == null) {
      return false;
    }
    Class<?> primitive = methodType(argument.getClass()).unwrap().returnType();
    return WIDENED.getOrDefault(primitive, List.of()).contains(parameter);
  }

  private static Class<?>[] spread(Class<?>[] parameters, int count) {
    Class<?>[] all = Arrays.copyOf(parameters, count);
    int fixed = parameters.length - 1;
    Arrays.fill(all, fixed, count, parameters[fixed].getComponentType());
    return all;
  }

  private static @Nullable Object[] gathered(Class<?>[] parameters, @Nullable Object[] arguments) {
    int fixed = parameters.length - 1;
    Object rest = Array.newInstance(parameters[fixed].getComponentType(), arguments.length - fixed);
    for (int i = fixed; i < arguments.length; i++) {
      Array.set(rest, i - fixed, arguments[i]);
    }
    @Nullable Object[] all = Arrays.copyOf(arguments, parameters.length);
    all[fixed] = rest;
    return all;
  }

  private WeavingRefused refused(int fitting, @Nullable Object[] arguments) {
    String given =
        Arrays.stream(arguments)
            .map(argument -> argument == null ? "null" : argument.getClass().getSimpleName())
            .collect(Collectors.joining(", ", "(", ")"));
    List<String> known = new ArrayList<>();
    for (Constructor<?> constructor : constructors) {
      known.add(
          Arrays.stream(constructor.getParameterTypes())
              .map(Class::getSimpleName)
              .collect(Collectors.joining(", ", service.getSimpleName() + "(", ")")));
    }
    known.sort(null);
    String problem =
        (fitting == 0 ? "no constructor takes " : fitting + " constructors take ")
            + given
            + (fitting > 1 ? ", none of them more specific than the others" : "")
            + " (expected: the arguments of one of "
            + String.join(", ", known)
            + ")";
    return new WeavingRefused(service.getName(), List.of(problem));
  }
}
