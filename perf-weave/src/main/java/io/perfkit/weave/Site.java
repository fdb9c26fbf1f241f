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
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/**
 * One annotated method of a class that is being woven, as one aspect sees it (AOP's join point).
 * Types are resolved in the woven class: a {@code T} of a generic ancestor is the type that it
 * stands for there. Valid while the class is woven. One thread at a time.
 */
public final class Site {
  private final Class<?> type;
  private final AnnotatedMethod method;
  private final Method annotated;
  private final Generics generics;
  private final Lookup lookup;
  private final List<String> problems = new ArrayList<>();
  private Optional<UnaryOperator<MethodHandle>> advice = Optional.empty();

  Site(
      Class<?> type,
      AnnotatedMethod method,
      Set<Class<? extends Annotation>> kinds,
      Lookup lookup) {
    this.type = type;
    this.method = method;
    this.annotated = method.annotated(kinds);
    this.generics = Generics.of(type);
    this.lookup = lookup;
  }

  /**
   * A parameter of the method.
   *
   * @param name as in one declaration, which the compiler kept with {@code -parameters}
   * @param type as the woven class sees it, its type variables resolved
   */
  public record Argument(String name, Type type) {}

  /** The class being woven. */
  public Class<?> type() {
    return type;
  }

  /**
   * The nearest declaration of the method that carries an annotation of the aspect; it may stand in
   * a superclass or an interface.
   */
  public Method annotated() {
    return annotated;
  }

  /**
   * The declaration whose annotations of a kind count: the nearest that has one. Expressions of
   * these annotations name the parameters as they are called there.
   */
  public Method declaring(Class<? extends Annotation> kind) {
    return method.declaring(kind).orElse(annotated);
  }

  /** The parameters in order, with the names of {@link #annotated()}. */
  public List<Argument> arguments() {
    return arguments(annotated);
  }

  /** The parameters in order, with the names of one of the method's declarations. */
  public List<Argument> arguments(Method declaration) {
    Parameter[] declared = declaration.getParameters();
    Type[] types = declaration.getGenericParameterTypes();
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < declared.length; i++) {
      arguments.add(new Argument(declared[i].getName(), generics.resolve(types[i])));
    }
    return arguments;
  }

  /** Whether a declaration has the names of the source, for which javac needs -parameters. */
  public static boolean argumentsNamed(Method declaration) {
    Parameter[] declared = declaration.getParameters();
    return declared.length == 0 || declared[0].isNamePresent();
  }

  /**
   * Indexes of the parameters that carry an annotation, on the nearest declaration that marks any
   * so.
   */
  public List<Integer> marked(Class<? extends Annotation> kind) {
    List<Integer> marked = new ArrayList<>();
    method
        .marking(kind)
        .ifPresent(
            declaration -> {
              Parameter[] declared = declaration.getParameters();
              for (int i = 0; i < declared.length; i++) {
                if (declared[i].isAnnotationPresent(kind)) {
                  marked.add(i);
                }
              }
            });
    return marked;
  }

  /** The return type of the method; {@code void.class} if it returns nothing. */
  public Type result() {
    return generics.resolve(method.implementation().getGenericReturnType());
  }

  /** Whether the method returns a stage, of any class. */
  public boolean returnsStage() {
    return CompletionStage.class.isAssignableFrom(methodType().returnType());
  }

  /** The types of arguments and result, without the service. */
  public MethodType methodType() {
    return method.type(generics);
  }

  /**
   * The method's annotations of a kind, none if it has none; a repeated one several times. Those of
   * the nearest declaration that has one, also if other annotations stand on another one.
   */
  public <A extends Annotation> List<A> annotations(Class<A> kind) {
    return method
        .declaring(kind)
        .map(declaration -> List.of(declaration.getAnnotationsByType(kind)))
        .orElse(List.of());
  }

  /** The annotation on the woven class, or else on the nearest ancestor that has one. */
  public <A extends Annotation> Optional<A> ofType(Class<A> kind) {
    return Ancestors.of(type).stream()
        .filter(ancestor -> ancestor.isAnnotationPresent(kind))
        .findFirst()
        .map(ancestor -> ancestor.getAnnotation(kind));
  }

  /**
   * A lookup with the access of the woven class, such as to package-private records of its package.
   */
  public Lookup lookup() {
    return lookup;
  }

  /**
   * Sets the advice around the method. The operator is applied once, after all sites of the class
   * were accepted: it takes the inner handle and returns one of the same type, whose first
   * parameter is the service.
   */
  public void around(UnaryOperator<MethodHandle> around) {
    advice = Optional.of(requireNonNull(around, "around"));
  }

  /**
   * Refuses the class; weaving goes on to find other problems.
   *
   * @param problem what is wrong and what to do; the method is named before it
   */
  public void refuse(String problem) {
    problems.add(this + ": " + problem);
  }

  List<String> problems() {
    return problems;
  }

  Optional<UnaryOperator<MethodHandle>> advice() {
    return advice;
  }

  @Override
  public String toString() {
    return AnnotatedMethod.name(annotated);
  }
}
