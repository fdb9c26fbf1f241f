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
import java.util.Set;
import java.util.function.Predicate;

/** The methods of a service class: those that callers call, and which of them are annotated. */
final class ServiceMethods {
  private final Set<Class<? extends Annotation>> annotations;
  private final List<Class<?>> ancestors;
  private final Generics generics;

  ServiceMethods(Class<?> service, Set<Class<? extends Annotation>> annotations) {
    this.annotations = annotations;
    this.ancestors = Ancestors.of(service);
    this.generics = Generics.of(service);
  }

  /**
   * Methods that a subclass in the package of this class can override, or could without {@code
   * final}. Leaves out methods that are package-private in another package.
   */
  static List<Method> ofClass(Class<?> type) {
    return entries(Ancestors.of(type), method -> isReachable(method, type));
  }

  /** All methods that any caller may call, on a class or an interface. */
  static List<Method> ofAnyCaller(Class<?> type) {
    return entries(Ancestors.of(type), method -> true);
  }

  private static List<Method> entries(List<Class<?>> types, Predicate<Method> isReachable) {
    Map<String, Method> entries = new LinkedHashMap<>();
    Set<String> bridges = new HashSet<>(); // they call an entry, so they are none
    for (Class<?> type : types) {
      for (Method method : declared(type)) {
        if (callsAnother(method)) {
          bridges.add(signature(method));
        } else if (!bridges.contains(signature(method))
            && !Modifier.isStatic(method.getModifiers())
            && !Modifier.isPrivate(method.getModifiers())
            && isReachable.test(method)) {
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
      Method implementation =
          versions.stream()
              .filter(version -> !Modifier.isAbstract(version.getModifiers()))
              .findFirst()
              .orElse(versions.isEmpty() ? entry : versions.get(0));
      AnnotatedMethod method = new AnnotatedMethod(entry, implementation, versions);
      if (method.isAnnotated(annotations)) {
        found.add(method);
      }
    }
    return found;
  }

  /** Annotated methods that no caller's entry leads to. */
  List<Method> annotatedBeside(List<AnnotatedMethod> woven) {
    List<Method> beside = new ArrayList<>();
    for (Class<?> type : ancestors) {
      for (Method method : declared(type)) {
        if (AnnotatedMethod.isAnnotated(method, annotations)
            && !method.isBridge()
            && woven.stream().noneMatch(known -> known.versions().contains(method))) {
          beside.add(method);
        }
      }
    }
    return beside;
  }

  /** Every method in the source of the service, whatever its access. */
  List<Method> written() {
    return ancestors.stream()
        .flatMap(type -> declared(type).stream())
        .filter(method -> !method.isBridge())
        .toList();
  }

  /** The bridges that lead to a method, by which callers may know it. */
  List<Method> bridgesTo(AnnotatedMethod target) {
    List<Method> bridges = new ArrayList<>();
    for (Class<?> type : ancestors) {
      for (Method method : declared(type)) {
        if (method.isBridge()
            && method.getName().equals(target.entry().getName())
            && (erasedParameters(method).equals(erasedParameters(target.implementation()))
                || called(method, target))) {
          bridges.add(method);
        }
      }
    }
    return bridges;
  }

  private static boolean called(Method bridge, AnnotatedMethod target) {
    return target.versions().stream()
        .anyMatch(
            version ->
                !version.equals(bridge)
                    && signature(version).equals(signature(bridge))
                    && version.getDeclaringClass().isAssignableFrom(bridge.getDeclaringClass()));
  }

  /** The method and all that it overrides or that implements it, nearest to the service first. */
  private List<Method> versions(Method entry) {
    Method source = entry.isBridge() ? bridged(entry) : entry;
    List<Method> versions = new ArrayList<>();
    for (Class<?> type : ancestors) {
      for (Method method : declared(type)) {
        if (!method.isBridge() && isSame(source, method)) {
          versions.add(method);
        }
      }
    }
    return versions;
  }

  /** The declaration that a bridge stands for, which has the types that the bridge has lost. */
  private static Method bridged(Method bridge) {
    return Ancestors.of(bridge.getDeclaringClass()).stream()
        .flatMap(type -> declared(type).stream())
        .filter(method -> !method.isBridge() && signature(method).equals(signature(bridge)))
        .findFirst()
        .orElse(bridge);
  }

  /** Whether one of them overrides or implements the other in the service. */
  private boolean isSame(Method one, Method other) {
    return one.equals(other)
        || (one.getName().equals(other.getName())
            && one.getParameterCount() == other.getParameterCount()
            && Modifier.isStatic(one.getModifiers()) == Modifier.isStatic(other.getModifiers())
            && !Modifier.isPrivate(other.getModifiers())
            && (!isPackagePrivate(other) || isOfOnePackage(one, other))
            && (!isPackagePrivate(one) || isOfOnePackage(one, other))
            && erasedParameters(one).equals(erasedParameters(other)));
  }

  private List<Class<?>> erasedParameters(Method method) {
    return erasedParameters(method, generics);
  }

  private static List<Class<?>> erasedParameters(Method method, Generics generics) {
    List<Class<?>> erased = new ArrayList<>();
    Arrays.stream(method.getGenericParameterTypes()).map(generics::erase).forEach(erased::add);
    return erased;
  }

  static boolean isReachable(Method method, Class<?> from) {
    return !isPackagePrivate(method) || isOfOnePackage(method.getDeclaringClass(), from);
  }

  static boolean isPackagePrivate(Method method) {
    return (method.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED | Modifier.PRIVATE)) == 0;
  }

  private static boolean isOfOnePackage(Method one, Method other) {
    return isOfOnePackage(one.getDeclaringClass(), other.getDeclaringClass());
  }

  /** Also requires the same loader: the JVM treats packages of two loaders as different. */
  static boolean isOfOnePackage(Class<?> one, Class<?> other) {
    return one.getPackageName().equals(other.getPackageName())
        && one.getClassLoader() == other.getClassLoader();
  }

  /**
   * Whether a bridge calls a method of its own class, which is then the one to weave. A bridge that
   * makes an inherited method public, or fit for an interface, calls {@code super}: it has to be
   * woven itself.
   */
  private static boolean callsAnother(Method bridge) {
    if (!bridge.isBridge()) {
      return false;
    }
    Class<?> owner = bridge.getDeclaringClass();
    Generics inOwner = Generics.of(owner);
    for (Class<?> ancestor : Ancestors.of(owner)) {
      for (Method bridged : ancestor.getDeclaredMethods()) {
        if (ancestor != owner
            && !bridged.isBridge()
            && signature(bridged).equals(signature(bridge))
            && declared(owner).stream()
                .anyMatch(own -> !own.isBridge() && overrides(own, bridged, inOwner))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean overrides(Method own, Method other, Generics generics) {
    return own.getName().equals(other.getName())
        && own.getParameterCount() == other.getParameterCount()
        && erasedParameters(own, generics).equals(erasedParameters(other, generics))
        && other.getReturnType().isAssignableFrom(own.getReturnType());
  }

  /** In an order that does not change from run to run; what proxies add is no method of a class. */
  private static List<Method> declared(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> !method.isSynthetic() || method.isBridge())
        .sorted(Comparator.comparing(ServiceMethods::signature))
        .toList();
  }

  static String signature(Method method) {
    return method.getName() + type(method).toMethodDescriptorString();
  }

  private static MethodType type(Method method) {
    return MethodType.methodType(method.getReturnType(), method.getParameterTypes());
  }
}
