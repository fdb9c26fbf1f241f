package io.perfkit.weave;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A method to weave.
 *
 * @param entry what callers call and the woven class overrides or implements
 * @param implementation what runs in the end; may differ from the entry by a bridge
 * @param annotated where the annotations stand: the implementation or what it overrides
 */
record AnnotatedMethod(Method entry, Method implementation, Method annotated) {

  String name() {
    return name(annotated);
  }

  /** Arguments and result as they are in the class of these generics. */
  MethodType type(Generics generics) {
    List<Class<?>> parameters = new ArrayList<>();
    for (Type parameter : annotated.getGenericParameterTypes()) {
      parameters.add(generics.erase(parameter));
    }
    return MethodType.methodType(generics.erase(implementation.getGenericReturnType()), parameters);
  }

  static String name(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(
            Collectors.joining(
                ", ",
                method.getDeclaringClass().getSimpleName() + "." + method.getName() + "(",
                ")"));
  }
}
