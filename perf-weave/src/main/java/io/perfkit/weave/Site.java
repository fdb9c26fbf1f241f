package io.perfkit.weave;

import static java.util.Objects.requireNonNull;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One method of a class that is being woven, as one aspect sees it. Types are what they are in the
 * woven class: a {@code T} of a generic ancestor is the type that it stands for there. Valid while
 * the class is woven. One thread at a time.
 */
public final class Site {
  private final Class<?> type;
  private final AnnotatedMethod method;
  private final Lookup lookup;
  private final List<String> problems = new ArrayList<>();
  private Optional<UnaryOperator<MethodHandle>> advice = Optional.empty();

  Site(Class<?> type, AnnotatedMethod method, Lookup lookup) {
    this.type = type;
    this.method = method;
    this.lookup = lookup;
  }

  /**
   * A parameter of the method.
   *
   * @param name as in the annotated method, which the compiler kept with {@code -parameters}
   * @param type as the woven class sees it, its type variables resolved
   * @param declared where its annotations are
   */
  public record Argument(String name, Type type, Parameter declared) {}

  /** The class that is woven. */
  public Class<?> type() {
    return type;
  }

  /** The method that carries the annotations; it may stand in a superclass or an interface. */
  public Method annotated() {
    return method.annotated();
  }

  /** In their order. */
  public List<Argument> arguments() {
    Parameter[] declared = method.annotated().getParameters();
    Type[] types = method.annotated().getGenericParameterTypes();
    Generics generics = Generics.of(type);
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < declared.length; i++) {
      arguments.add(new Argument(declared[i].getName(), generics.resolve(types[i]), declared[i]));
    }
    return arguments;
  }

  /**
   * Whether {@link #arguments()} have the names of the source, for which javac needs -parameters.
   */
  public boolean argumentsNamed() {
    Parameter[] declared = method.annotated().getParameters();
    return declared.length == 0 || declared[0].isNamePresent();
  }

  /** What the method returns; {@code void.class} if nothing. */
  public Type result() {
    return Generics.of(type).resolve(method.implementation().getGenericReturnType());
  }

  /** The types of arguments and result, without the service. */
  public MethodType methodType() {
    return method.type(Generics.of(type));
  }

  /** The method's annotations of a kind, none if it has none; a repeated one several times. */
  public <A extends Annotation> List<A> annotations(Class<A> kind) {
    return List.of(method.annotated().getAnnotationsByType(kind));
  }

  /** The annotation on the woven class, or else on the nearest ancestor that has one. */
  public <A extends Annotation> Optional<A> ofType(Class<A> kind) {
    return Ancestors.of(type).stream()
        .filter(ancestor -> ancestor.isAnnotationPresent(kind))
        .findFirst()
        .map(ancestor -> ancestor.getAnnotation(kind));
  }

  /** Sees what the woven class sees, such as package-private records of its package. */
  public Lookup lookup() {
    return lookup;
  }

  /**
   * Says what goes around the method. The operator is applied once, after all sites of the class
   * were accepted: it takes the handle of what is inside and gives one of the same type, whose
   * first parameter is the service.
   */
  public void around(UnaryOperator<MethodHandle> around) {
    advice = Optional.of(requireNonNull(around, "around"));
  }

  /**
   * Refuses the class; other problems are still looked for.
   *
   * @param problem what is wrong and what to do; the method is named before it
   */
  public void refuse(String problem) {
    problems.add(method.name() + ": " + problem);
  }

  List<String> problems() {
    return problems;
  }

  Optional<UnaryOperator<MethodHandle>> advice() {
    return advice;
  }

  @Override
  public String toString() {
    return method.name();
  }
}
