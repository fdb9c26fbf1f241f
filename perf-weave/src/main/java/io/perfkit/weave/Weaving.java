package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** One class being woven: finds what is annotated and every problem, then builds the class. */
final class Weaving {
  private final Class<?> service;
  private final List<Aspect> aspects;
  private final ServiceMethods methods;
  private final Set<String> problems = new LinkedHashSet<>();

  private Weaving(Class<?> service, List<Aspect> aspects) {
    this.service = service;
    this.aspects = aspects;
    Set<Class<? extends Annotation>> annotations = new LinkedHashSet<>();
    aspects.forEach(aspect -> annotations.addAll(aspect.annotations()));
    this.methods = new ServiceMethods(service, annotations);
  }

  /** A subclass of the service. */
  static Woven subclass(Class<?> service, List<Aspect> aspects) {
    return new Weaving(service, aspects).subclass();
  }

  /** What stands around instances of the service: a subclass, or else all its interfaces. */
  static Woven around(Class<?> service, List<Aspect> aspects) {
    if (isOpen(service)) {
      return new Weaving(service, aspects).aroundClass();
    }
    List<Class<?>> interfaces =
        Ancestors.classes(service).stream()
            .flatMap(type -> Arrays.stream(type.getInterfaces()))
            .distinct()
            .toList();
    return around(interfaces, service, aspects);
  }

  /** What stands around instances of the service as these interfaces. */
  static Woven around(List<Class<?>> interfaces, Class<?> service, List<Aspect> aspects) {
    return new Weaving(service, aspects).aroundInterfaces(interfaces);
  }

  private Woven subclass() {
    if (service.isInterface() || Modifier.isAbstract(service.getModifiers())) {
      problems.add(
          service.getSimpleName() + " is abstract; name the class that implements its methods");
    } else if (!isOpen(service)) {
      problems.add(closed() + "; open it, or wrap an instance as an interface");
    } else if (Arrays.stream(service.getDeclaredConstructors())
        .allMatch(constructor -> Modifier.isPrivate(constructor.getModifiers()))) {
      problems.add(
          service.getSimpleName()
              + " has only private constructors, which a subclass can't call; make one"
              + " package-private");
    }
    List<AnnotatedMethod> woven = overridable();
    Lookup host = host(List.of(service));
    List<Plan> plans = plans(woven, host);
    return define(WovenClass.subclass(service, name(host, service)), host, plans);
  }

  private Woven aroundClass() {
    List<Method> entries = methods.ofClass();
    List<AnnotatedMethod> woven = overridable();
    for (Method entry : entries) {
      if (Modifier.isFinal(entry.getModifiers())
          && woven.stream().noneMatch(method -> method.entry().equals(entry))) {
        problems.add(
            AnnotatedMethod.name(entry)
                + " is final: an object around the service would run it without the service's"
                + " fields; remove 'final', or wrap the service as an interface");
      }
    }
    Lookup host = host(List.of(service));
    List<Plan> plans = plans(woven, host);
    WovenClass around = WovenClass.around(service, name(host, service));
    return passOnAndDefine(around, entries, host, plans);
  }

  private Woven aroundInterfaces(List<Class<?>> interfaces) {
    if (interfaces.isEmpty()) {
      problems.add(closed() + " and has no interface; open the class or extract an interface");
    }
    List<Method> entries = methods.ofInterfaces(interfaces);
    List<AnnotatedMethod> woven = methods.annotated(entries);
    for (Method beside : methods.annotatedBeside(woven)) {
      problems.add(
          AnnotatedMethod.name(beside)
              + " is in no interface that the wrapped service is seen as; add it to one, or remove"
              + " the annotation");
    }
    List<Class<?>> hosts = new ArrayList<>();
    interfaces.stream().filter(type -> !Modifier.isPublic(type.getModifiers())).forEach(hosts::add);
    hosts.add(service);
    hosts.addAll(interfaces);
    Lookup host = host(hosts);
    List<Plan> plans = plans(woven, host);
    WovenClass around = WovenClass.around(interfaces, name(host, interfaces.get(0)));
    return passOnAndDefine(around, entries, host, plans);
  }

  private Woven passOnAndDefine(
      WovenClass around, List<Method> entries, Lookup host, List<Plan> plans) {
    List<AnnotatedMethod> woven = plans.stream().map(Plan::method).toList();
    SelfInvocations.warn(service, woven);
    Set<String> passed = new HashSet<>();
    for (Method entry : entries) {
      passed.add(entry.getName() + Arrays.toString(entry.getParameterTypes()));
      boolean othersProtected =
          Modifier.isProtected(entry.getModifiers())
              && entry.getDeclaringClass().getPackage() != service.getPackage();
      if (!othersProtected && woven.stream().noneMatch(method -> method.entry().equals(entry))) {
        around.passOn(entry);
      }
    }
    for (Method method : Object.class.getMethods()) {
      if (!Modifier.isFinal(method.getModifiers())
          && !passed.contains(method.getName() + Arrays.toString(method.getParameterTypes()))) {
        around.passOn(method);
      }
    }
    return define(around, host, plans);
  }

  private String closed() {
    String why = "final";
    if (service.isRecord()) {
      why = "a record";
    } else if (service.isEnum()) {
      why = "an enum";
    } else if (service.isSealed()) {
      why = "sealed";
    } else if (service.isHidden()) {
      why = "hidden";
    }
    return service.getSimpleName() + " is " + why + ", so it can't be extended";
  }

  private static boolean isOpen(Class<?> type) {
    return !Modifier.isFinal(type.getModifiers()) && !type.isSealed() && !type.isHidden();
  }

  /** The annotated methods, all of which a subclass in the package can override. */
  private List<AnnotatedMethod> overridable() {
    List<AnnotatedMethod> woven = methods.annotated(methods.ofClass());
    for (AnnotatedMethod method : woven) {
      if (Modifier.isFinal(method.entry().getModifiers())) {
        problems.add(method.name() + " is final, so a subclass can't override it; remove 'final'");
      } else if (!methods.isReachable(method.entry())) {
        problems.add(
            method.name() + " is package-private in another package; make it public or protected");
      }
    }
    for (Method beside : methods.annotatedBeside(woven)) {
      String why = Modifier.isStatic(beside.getModifiers()) ? "static" : "private";
      problems.add(
          AnnotatedMethod.name(beside)
              + (" is " + why + ", so a subclass can't override it; ")
              + "make it an instance method that is not private, or remove the annotation");
    }
    return woven;
  }

  /** Into the first package that lets us in; else a problem. */
  private Lookup host(List<Class<?>> candidates) {
    List<String> closed = new ArrayList<>();
    for (Class<?> candidate : candidates) {
      try {
        return FullAccess.to(candidate);
      } catch (IllegalAccessException e) {
        closed.add(
            "module "
                + candidate.getModule().getName()
                + " keeps its package closed; add to its module-info: opens "
                + candidate.getPackageName()
                + " to "
                + Optional.ofNullable(Weaving.class.getModule().getName()).orElse("ALL-UNNAMED"));
      }
    }
    problems.addAll(closed);
    return MethodHandles.publicLookup(); // enough to look for more problems
  }

  /** Asks the aspects; the class is refused here if anything is wrong with it. */
  private List<Plan> plans(List<AnnotatedMethod> woven, Lookup host) {
    List<Plan> plans = woven.stream().map(method -> new Plan(method, new ArrayList<>())).toList();
    for (Aspect aspect : aspects) {
      ask(aspect, plans, host);
    }
    if (woven.isEmpty() && problems.isEmpty()) {
      problems.add(
          "no method has one of the annotations "
              + aspects.stream()
                  .flatMap(aspect -> aspect.annotations().stream())
                  .map(annotation -> "@" + annotation.getSimpleName())
                  .sorted()
                  .collect(Collectors.joining(", "))
              + "; annotate one, or use the service as it is");
    }
    if (!problems.isEmpty()) {
      throw new WeavingRefused(service.getName(), List.copyOf(problems));
    }
    return plans;
  }

  private void ask(Aspect aspect, List<Plan> plans, Lookup host) {
    List<Site> sites = new ArrayList<>();
    List<Plan> planned = new ArrayList<>();
    for (Plan plan : plans) {
      boolean claimed =
          Arrays.stream(plan.method().annotated().getAnnotations())
              .anyMatch(present -> aspect.annotations().contains(present.annotationType()));
      if (claimed) {
        sites.add(new Site(service, plan.method(), host));
        planned.add(plan);
      }
    }
    if (!sites.isEmpty()) {
      aspect.weave(List.copyOf(sites));
    }
    for (int i = 0; i < sites.size(); i++) {
      problems.addAll(sites.get(i).problems());
      sites.get(i).advice().ifPresent(planned.get(i).advices()::add);
    }
  }

  private Woven define(WovenClass built, Lookup host, List<Plan> plans) {
    for (int i = 0; i < plans.size(); i++) {
      built.plan(plans.get(i).method().entry(), i);
    }
    MethodHandle[] compiled = new MethodHandle[plans.size()];
    try {
      Lookup woven = built.define(host, Arrays.asList(compiled));
      for (int i = 0; i < compiled.length; i++) {
        compiled[i] = compile(plans.get(i), built, woven);
      }
      return built.instances(service, woven);
    } catch (IllegalAccessException | NoSuchMethodException | NoSuchFieldException e) {
      throw new IllegalStateException("weaving " + service.getName(), e);
    }
  }

  /** The aspects of one method around it, the outermost last. */
  private MethodHandle compile(Plan plan, WovenClass built, Lookup woven)
      throws IllegalAccessException, NoSuchMethodException, NoSuchFieldException {
    MethodHandle next = built.next(plan.method().entry(), woven);
    MethodType entry = next.type();
    MethodType typed =
        plan.method().type(Generics.of(service)).insertParameterTypes(0, built.self());
    next = next.asType(typed);
    for (int i = plan.advices().size() - 1; i >= 0; i--) {
      next = plan.advices().get(i).apply(next);
      if (!next.type().equals(typed)) {
        throw new IllegalStateException(
            plan.method().name()
                + ": an aspect gave "
                + next.type()
                + " (expected: "
                + typed
                + ")");
      }
    }
    return next.asType(entry);
  }

  /** One method and what its aspects put around it, outermost first. */
  private record Plan(AnnotatedMethod method, List<UnaryOperator<MethodHandle>> advices) {}

  /** In the package of the host, as the JVM wants it. */
  private static String name(Lookup host, Class<?> type) {
    String own = type.getName().substring(type.getName().lastIndexOf('.') + 1).replace('/', '_');
    String inPackage = host.lookupClass().getPackageName();
    return (inPackage.isEmpty() ? own : inPackage + "." + own) + "$Woven";
  }
}
