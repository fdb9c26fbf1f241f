package io.perfkit.weave;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A woven class and how its instances are made. Thread safe. */
interface Woven {

  /**
   * The object that callers use, from constructor arguments or from the instance to stand around.
   */
  Object instance(@Nullable Object... arguments);

  /** Instances of a subclass, by the one constructor that takes the arguments. */
  static Woven subclass(Class<?> service, Lookup woven) {
    List<Constructor<?>> constructors = List.of(woven.lookupClass().getDeclaredConstructors());
    return arguments -> {
      List<Constructor<?>> fitting =
          constructors.stream().filter(one -> takes(one.getParameterTypes(), arguments)).toList();
      if (fitting.size() != 1) {
        String problem = constructorProblem(service, constructors, fitting.size(), arguments);
        throw new WeavingRefused(service.getName(), List.of(problem));
      }
      try {
        MethodHandle constructor = woven.unreflectConstructor(fitting.get(0)).asFixedArity();
        return constructor.invokeWithArguments(arguments);
      } catch (Throwable failure) {
        throw Thrown.<RuntimeException>asIs(failure);
      }
    };
  }

  /** Instances around another one, which is the only argument. */
  static Woven around(Lookup woven, MethodHandle setTarget) {
    MethodHandle constructor = Unconstructed.of(woven.lookupClass());
    MethodHandle setter =
        setTarget.asType(MethodType.methodType(void.class, Object.class, Object.class));
    return target -> {
      try {
        Object wrapper = constructor.invokeExact();
        setter.invokeExact(wrapper, target[0]);
        return wrapper;
      } catch (Throwable failure) {
        throw Thrown.<RuntimeException>asIs(failure);
      }
    };
  }

  private static boolean takes(Class<?>[] parameters, @Nullable Object[] arguments) {
    if (parameters.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < parameters.length; i++) {
      Object argument = arguments[i];
      boolean fits =
          argument == null
              ? !parameters[i].isPrimitive()
              : MethodType.methodType(parameters[i]).wrap().returnType().isInstance(argument);
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static String constructorProblem(
      Class<?> service, List<Constructor<?>> all, int fitting, @Nullable Object[] arguments) {
    String given =
        Arrays.stream(arguments)
            .map(argument -> argument == null ? "null" : argument.getClass().getSimpleName())
            .collect(Collectors.joining(", ", "(", ")"));
    List<String> known = new ArrayList<>();
    for (Constructor<?> constructor : all) {
      known.add(
          Arrays.stream(constructor.getParameterTypes())
              .map(Class::getSimpleName)
              .collect(Collectors.joining(", ", service.getSimpleName() + "(", ")")));
    }
    known.sort(null);
    return (fitting == 0 ? "no constructor takes " : fitting + " constructors take ")
        + given
        + " (expected: the arguments of one of "
        + String.join(", ", known)
        + ")";
  }
}
