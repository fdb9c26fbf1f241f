package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.lang.annotation.Repeatable;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A method to weave, with all its declarations. For each kind of annotation the nearest declaration
 * counts; two kinds may count from different declarations.
 *
 * @param entry the method that callers call and that the woven class overrides or implements
 * @param implementation the method that runs in the end; differs from the entry if that is a bridge
 * @param versions all declarations of the method, the nearest first
 */
record AnnotatedMethod(Method entry, Method implementation, List<Method> versions) {

  /** The nearest declaration with an annotation of one of these kinds, on it or a parameter. */
  Method annotated(Set<Class<? extends Annotation>> kinds) {
    return versions.stream()
        .filter(version -> isAnnotated(version, kinds))
        .findFirst()
        .orElse(implementation);
  }

  boolean isAnnotated(Set<Class<? extends Annotation>> kinds) {
    return versions.stream().anyMatch(version -> isAnnotated(version, kinds));
  }

  /** The declaration whose annotations of this kind count. */
  Optional<Method> declaring(Class<? extends Annotation> kind) {
    return versions.stream()
        .filter(version -> version.getAnnotationsByType(kind).length > 0)
        .findFirst();
  }

  /** The nearest declaration with such an annotation on a parameter. */
  Optional<Method> marking(Class<? extends Annotation> kind) {
    return versions.stream().filter(version -> marks(version, kind)).findFirst();
  }

  static boolean isAnnotated(Method method, Set<Class<? extends Annotation>> kinds) {
    return kindsOn(method).stream().anyMatch(kinds::contains);
  }

  /** The kinds of the annotations on a method and its parameters. */
  static Set<Class<? extends Annotation>> kindsOn(Method method) {
    Set<Class<? extends Annotation>> kinds = new LinkedHashSet<>();
    Arrays.stream(method.getAnnotations()).forEach(one -> kinds.add(one.annotationType()));
    Arrays.stream(method.getParameterAnnotations())
        .flatMap(Arrays::stream)
        .forEach(one -> kinds.add(one.annotationType()));
    return kinds;
  }

  /**
   * Declarations with different annotations of one kind, none of which overrides the other: the
   * order of {@code implements} would decide which counts.
   */
  Optional<List<Method>> rivals(Class<? extends Annotation> kind) {
    List<Method> carrying = versions.stream().filter(version -> carries(version, kind)).toList();
    List<Method> nearest =
        carrying.stream()
            .filter(one -> carrying.stream().noneMatch(other -> hides(other, one)))
            .toList();
    boolean differ = nearest.stream().map(method -> said(method, kind)).distinct().count() > 1;
    return differ ? Optional.of(nearest) : Optional.empty();
  }

  private static boolean carries(Method method, Class<? extends Annotation> kind) {
    return method.getAnnotationsByType(kind).length > 0 || marks(method, kind);
  }

  private static List<List<Annotation>> said(Method method, Class<? extends Annotation> kind) {
    List<List<Annotation>> said = new ArrayList<>();
    said.add(List.of(method.getAnnotationsByType(kind)));
    for (Annotation[] parameter : method.getParameterAnnotations()) {
      said.add(Arrays.stream(parameter).filter(kind::isInstance).toList());
    }
    return said;
  }

  private static boolean hides(Method nearer, Method farther) {
    Class<?> near = nearer.getDeclaringClass();
    Class<?> far = farther.getDeclaringClass();
    return near != far
        && (far.isAssignableFrom(near) || (far.isInterface() && !near.isInterface()));
  }

  private static boolean marks(Method method, Class<? extends Annotation> kind) {
    return Arrays.stream(method.getParameterAnnotations())
        .flatMap(Arrays::stream)
        .anyMatch(kind::isInstance);
  }

  /** The kind of the annotations that a container of repeated ones holds, else the kind itself. */
  static Class<? extends Annotation> unrepeated(Class<? extends Annotation> kind) {
    return Arrays.stream(kind.getDeclaredMethods())
        .filter(method -> method.getName().equals("value") && method.getReturnType().isArray())
        .map(method -> method.getReturnType().getComponentType())
        .filter(
            held ->
                held.isAnnotation()
                    && held.isAnnotationPresent(Repeatable.class)
                    && held.getAnnotation(Repeatable.class).value() == kind)
        .findFirst()
        .<Class<? extends Annotation>>map(held -> held.asSubclass(Annotation.class))
        .orElse(kind);
  }

  String name() {
    return name(entryOrSource());
  }

  /** Bridges have no names and types of their own. */
  private Method entryOrSource() {
    return entry.isBridge() ? implementation : entry;
  }

  /** Types of arguments and result as resolved by these generics. */
  MethodType type(Generics generics) {
    List<Class<?>> parameters = new ArrayList<>();
    for (Type parameter : implementation.getGenericParameterTypes()) {
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
