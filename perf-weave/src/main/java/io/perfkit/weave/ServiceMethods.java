package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The methods of a service class: what its callers call and which of it is annotated. */
final class ServiceMethods {
  private final Class<?> service;
  private final Set<Class<? extends Annotation>> annotations;
  private final List<Class<?>> ancestors;
  private final Generics generics;

  ServiceMethods(Class<?> service, Set<Class<? extends Annotation>> annotations) {
    this.service = service;
    this.annotations = annotations;
    this.ancestors = Ancestors.of(service);
    this.generics = Generics.of(service);
  }

  /** What a subclass in the package of the class can override, or could but for a {@code final}. */
  List<Method> ofClass() {
    return entries(ancestors);
  }

  /** What an implementation of the interfaces has to implement. */
  List<Method> ofInterfaces(List<Class<?>> interfaces) {
    List<Class<?>> all = new ArrayList<>();
    for (Class<?> declared : interfaces) {
      all.addAll(Ancestors.of(declared));
    }
    return entries(all);
  }

  private List<Method> entries(List<Class<?>> types) {
    Map<String, Method> entries = new LinkedHashMap<>();
    Set<String> bridges = new HashSet<>(); // they call an entry, so they are none
    for (Class<?> type : types) {
      for (Method method : declared(type)) {
        if (isGenericBridge(method)) {
          bridges.add(signature(method));
        } else if (!bridges.contains(signature(method))
            && !Modifier.isStatic(method.getModifiers())
            && !Modifier.isPrivate(method.getModifiers())
            && (isReachable(method) || isAnnotated(method))) {
          entries.putIfAbsent(signature(method), method);
        }
      }
    }
    return List.copyOf(entries.values());
  }

  /** Those of the entries that are annotated, themselves or in what they override. */
  List<AnnotatedMethod> annotated(List<Method> entries) {
    List<AnnotatedMethod> found = new ArrayList<>();
    for (Method entry : entries) {
      List<Method> versions = versions(entry);
      Optional<Method> annotated = versions.stream().filter(this::isAnnotated).findFirst();
      if (annotated.isPresent()) {
        Method implementation =
            versions.stream()
                .filter(version -> !Modifier.isAbstract(version.getModifiers()))
                .findFirst()
                .orElse(entry);
        found.add(new AnnotatedMethod(entry, implementation, annotated.get()));
      }
    }
    return found;
  }

  /** Annotated methods that no caller's entry leads to. */
  List<Method> annotatedBeside(List<AnnotatedMethod> woven) {
    List<Method> beside = new ArrayList<>();
    for (Class<?> type : ancestors) {
      for (Method method : declared(type)) {
        if (isAnnotated(method)
            && !method.isBridge()
            && woven.stream().noneMatch(known -> overrides(known.implementation(), method))) {
          beside.add(method);
        }
      }
    }
    return beside;
  }

  /** The method and all that it overrides or that implements it, nearest to the service first. */
  private List<Method> versions(Method entry) {
    List<Method> versions = new ArrayList<>();
    for (Class<?> type : ancestors) {
      for (Method method : declared(type)) {
        if (overrides(entry, method) && !isGenericBridge(method)) {
          versions.add(method);
        }
      }
    }
    return versions;
  }

  private boolean overrides(Method one, Method other) {
    return one.equals(other)
        || (one.getName().equals(other.getName())
            && one.getParameterCount() == other.getParameterCount()
            && Modifier.isStatic(one.getModifiers()) == Modifier.isStatic(other.getModifiers())
            && !Modifier.isPrivate(other.getModifiers())
            && erasedParameters(one).equals(erasedParameters(other)));
  }

  private List<Class<?>> erasedParameters(Method method) {
    List<Class<?>> erased = new ArrayList<>();
    Arrays.stream(method.getGenericParameterTypes()).map(generics::erase).forEach(erased::add);
    return erased;
  }

  private boolean isAnnotated(Method method) {
    return Arrays.stream(method.getAnnotations())
        .anyMatch(present -> annotations.contains(present.annotationType()));
  }

  boolean isReachable(Method method) {
    return (method.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0
        || method.getDeclaringClass().getPackage() == service.getPackage();
  }

  /** A bridge that calls a method of other types, which is the one to weave. */
  private boolean isGenericBridge(Method bridge) {
    return bridge.isBridge()
        && Ancestors.of(bridge.getDeclaringClass()).stream()
            .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
            .anyMatch(
                method ->
                    !method.isBridge()
                        && method.getName().equals(bridge.getName())
                        && !signature(method).equals(signature(bridge))
                        && method.getParameterCount() == bridge.getParameterCount()
                        && narrows(method, bridge));
  }

  private static boolean narrows(Method method, Method bridge) {
    for (int i = 0; i < method.getParameterCount(); i++) {
      if (!bridge.getParameterTypes()[i].isAssignableFrom(method.getParameterTypes()[i])) {
        return false;
      }
    }
    return bridge.getReturnType().isAssignableFrom(method.getReturnType());
  }

  /** In an order that does not change from run to run. */
  private static List<Method> declared(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> !method.isSynthetic() || method.isBridge())
        .sorted(Comparator.comparing(ServiceMethods::signature))
        .toList();
  }

  private static String signature(Method method) {
    return method.getName() + type(method).toMethodDescriptorString();
  }

  private static MethodType type(Method method) {
    return MethodType.methodType(method.getReturnType(), method.getParameterTypes());
  }
}
