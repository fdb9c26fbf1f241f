package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One class being woven: finds its annotated methods and every problem, then builds the class. */
final class Weaving {
  private static final Logger LOG = LoggerFactory.getLogger(Weaving.class);

  private final Class<?> service;
  private final List<Aspect> aspects;
  private final Set<Class<? extends Annotation>> annotations = new LinkedHashSet<>();
  private final ServiceMethods methods;
  private final Set<String> problems = new LinkedHashSet<>();

  Weaving(Class<?> service, List<Aspect> aspects) {
    this.service = service;
    this.aspects = aspects;
    aspects.forEach(aspect -> annotations.addAll(aspect.annotations()));
    this.methods = new ServiceMethods(service, annotations);
  }

  /** A subclass of the service. */
  Woven subclass() {
    problems.addAll(foreign());
    if (service.isInterface() || Modifier.isAbstract(service.getModifiers())) {
      problems.add(
          service.getSimpleName() + " is abstract; name the class that implements its methods");
    } else if (!isOpen(service)) {
      problems.add(closed(service) + "; " + asInterface(service));
    } else if (Arrays.stream(service.getDeclaredConstructors())
        .allMatch(constructor -> Modifier.isPrivate(constructor.getModifiers()))) {
      problems.add(
          service.getSimpleName()
              + " has only private constructors, which a subclass can't call; make one"
              + " package-private");
    }
    List<AnnotatedMethod> woven = overridable(service);
    Lookup host = host(List.of(service));
    List<Plan> plans = plans(woven, host);
    boolean guarded = Constructors.mayCallOut(service);
    WovenClass built = WovenClass.subclass(service, name(host, service), guarded);
    return define(built, host, plans, List.of());
  }

  /**
   * A class that wraps instances of the service as this class or interface.
   *
   * @param proxied whether the instance is a container's proxy
   */
  Woven around(Class<?> type, boolean proxied) {
    if (proxied) {
      warnOfForeign();
    } else {
      problems.addAll(foreign());
    }
    return type.isInterface() ? aroundInterface(type) : aroundClass(type);
  }

  private Woven aroundClass(Class<?> type) {
    if (!isOpen(type)) {
      throw new WeavingRefused(service.getName(), List.of(closed(type) + "; " + asInterface(type)));
    }
    List<Method> entries = ServiceMethods.ofClass(type);
    List<AnnotatedMethod> woven = overridable(type);
    for (Method entry : entries) {
      if (Modifier.isFinal(entry.getModifiers())
          && woven.stream().noneMatch(method -> method.entry().equals(entry))) {
        problems.add(
            AnnotatedMethod.name(entry)
                + " is final: an object around the service would run it without the service's"
                + " fields; remove 'final', or wrap the service as an interface");
      }
    }
    Lookup host = host(List.of(type));
    List<Field> carried = carried(type);
    List<Plan> plans = plans(woven, host);
    WovenClass around = WovenClass.around(type, name(host, type));
    return passOnAndDefine(around, entries, host, plans, carried);
  }

  private Woven aroundInterface(Class<?> type) {
    List<Method> entries = ServiceMethods.ofAnyCaller(type);
    List<AnnotatedMethod> woven = methods.annotated(entries);
    for (Method beside : methods.annotatedBeside(woven)) {
      problems.add(
          AnnotatedMethod.name(beside)
              + " is not in "
              + type.getSimpleName()
              + ", as which the service is seen; declare it there, or remove the annotation");
    }
    boolean isSeen = Modifier.isPublic(type.getModifiers());
    Lookup host = host(isSeen ? List.of(service, type) : List.of(type));
    List<Plan> plans = plans(woven, host);
    WovenClass around = WovenClass.aroundInterface(type, name(host, type));
    return passOnAndDefine(around, entries, host, plans, List.of());
  }

  /** The annotated methods with their advice, for a host that intercepts calls itself. */
  List<Advised> advised() {
    List<AnnotatedMethod> woven = methods.annotated(ServiceMethods.ofAnyCaller(service));
    for (Method beside : methods.annotatedBeside(woven)) {
      String why = Modifier.isStatic(beside.getModifiers()) ? "static" : "private";
      problems.add(
          AnnotatedMethod.name(beside)
              + (" is " + why + ", so no interceptor sees its calls; ")
              + "make it an instance method that is not private, or remove the annotation");
    }
    warnOfForeign();
    List<Plan> plans = plans(woven, host(List.of(service)));
    SelfInvocations.warn(service, woven);
    List<Advised> advised = new ArrayList<>();
    for (Plan plan : plans) {
      MethodType typed = plan.type(service, Invocation.class);
      MethodHandle advice = advise(plan, Invocation.next(typed), typed);
      Set<Method> known = new LinkedHashSet<>(plan.method().versions());
      known.add(plan.method().entry());
      known.addAll(methods.bridgesTo(plan.method()));
      advised.add(new Advised(known, Invocation.interceptor(advice)));
    }
    return advised;
  }

  /**
   * Advice of one method.
   *
   * @param known the method by each of its declarations
   */
  record Advised(Set<Method> known, Interceptors.Interceptor interceptor) {}

  private Woven passOnAndDefine(
      WovenClass around, List<Method> entries, Lookup host, List<Plan> plans, List<Field> carried) {
    SelfInvocations.warn(service, plans.stream().map(Plan::method).toList());
    List<Method> passed = new ArrayList<>(entries);
    Set<String> signatures = new HashSet<>();
    entries.forEach(entry -> signatures.add(erased(entry)));
    for (Method method : Object.class.getMethods()) {
      if (!Modifier.isFinal(method.getModifiers()) && signatures.add(erased(method))) {
        passed.add(method);
      }
    }
    List<Method> byHandle = new ArrayList<>();
    for (Method method : passed) {
      if (plans.stream().anyMatch(plan -> plan.method().entry().equals(method))) {
        continue;
      }
      if (around.needsHandle(method)) {
        byHandle.add(method);
      } else {
        around.passOn(method);
      }
    }
    around.carry(carried);
    return define(around, host, plans, byHandle);
  }

  private static String erased(Method method) {
    return method.getName() + Arrays.toString(method.getParameterTypes());
  }

  private static String closed(Class<?> type) {
    String why = "final";
    if (type.isRecord()) {
      why = "a record";
    } else if (type.isEnum()) {
      why = "an enum";
    } else if (type.isSealed()) {
      why = "sealed";
    } else if (type.isHidden()) {
      why = "hidden";
    }
    return type.getSimpleName() + " is " + why + ", so it can't be extended";
  }

  /** A hint for a class that cannot be extended. */
  private static String asInterface(Class<?> type) {
    String names =
        Ancestors.of(type).stream()
            .filter(Class::isInterface)
            .map(seen -> "wrap(" + seen.getSimpleName() + ".class, ..)")
            .collect(Collectors.joining(", "));
    return names.isEmpty()
        ? "open it, or extract an interface and wrap an instance as that"
        : "open it, or wrap an instance as an interface, by one of " + names;
  }

  private static boolean isOpen(Class<?> type) {
    return !Modifier.isFinal(type.getModifiers()) && !type.isSealed() && !type.isHidden();
  }

  /** The annotated methods, all of which a subclass in the package of the type can override. */
  private List<AnnotatedMethod> overridable(Class<?> type) {
    List<AnnotatedMethod> woven = methods.annotated(ServiceMethods.ofClass(type));
    for (AnnotatedMethod method : woven) {
      if (Modifier.isFinal(method.entry().getModifiers())) {
        problems.add(method.name() + " is final, so a subclass can't override it; remove 'final'");
      }
    }
    for (Method beside : methods.annotatedBeside(woven)) {
      besides(beside, type);
    }
    return woven;
  }

  private void besides(Method beside, Class<?> type) {
    String name = AnnotatedMethod.name(beside);
    if (Modifier.isStatic(beside.getModifiers()) || Modifier.isPrivate(beside.getModifiers())) {
      String why = Modifier.isStatic(beside.getModifiers()) ? "static" : "private";
      problems.add(
          name
              + (" is " + why + ", so a subclass can't override it; ")
              + "make it an instance method that is not private, or remove the annotation");
    } else if (ServiceMethods.isReachable(beside, type)) {
      problems.add(
          name
              + " is not in "
              + type.getSimpleName()
              + ", as which the service is seen; declare it there, or remove the annotation");
    } else if (ServiceMethods.ofClass(type).stream()
        .anyMatch(entry -> erased(entry).equals(erased(beside)))) {
      LOG.warn(
          "{} is package-private in another package than {}, whose method of the same name does not"
              + " override it: its annotations are not in force for calls from its own package",
          name,
          type.getName());
    } else {
      problems.add(name + " is package-private in another package; make it public or protected");
    }
  }

  /**
   * What an object around the service needs to have of its own, because a base class of another
   * package has methods that nobody outside of it can pass on. Fields that never change can be
   * carried over, so that these methods do on the object what they do on the service.
   */
  private List<Field> carried(Class<?> type) {
    List<Field> carried = new ArrayList<>();
    for (Class<?> base : Ancestors.classes(type)) {
      if (ServiceMethods.isOfOnePackage(base, type)) {
        continue;
      }
      Optional<Method> stuck =
          Arrays.stream(base.getDeclaredMethods())
              .filter(
                  method ->
                      ServiceMethods.isPackagePrivate(method)
                          && !method.isSynthetic()
                          && !Modifier.isStatic(method.getModifiers()))
              .min(Comparator.comparing(ServiceMethods::signature));
      if (stuck.isEmpty()) {
        continue;
      }
      List<Field> fields =
          Arrays.stream(base.getDeclaredFields())
              .filter(field -> !Modifier.isStatic(field.getModifiers()))
              .toList();
      boolean fixed = fields.stream().allMatch(field -> Modifier.isFinal(field.getModifiers()));
      if (fixed && fields.stream().allMatch(Field::trySetAccessible)) {
        carried.addAll(fields);
      } else {
        problems.add(
            AnnotatedMethod.name(stuck.get())
                + " is package-private in another package, so an object around the service can't"
                + " pass it on; make it public or protected, or create the service by the weaver,"
                + " or wrap it as an interface");
      }
    }
    return carried;
  }

  /** A lookup into the first package that is open; else a problem. */
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

  /** Annotations that look like those of an aspect and are another library's. */
  private Set<String> foreign() {
    return new ForeignAnnotations(aspects).in(service, methods.written());
  }

  private void warnOfForeign() {
    foreign().forEach(one -> LOG.warn("{}, unless the container puts it into effect", one));
  }

  /** Calls the aspects; refuses the class if anything is wrong with it. */
  private List<Plan> plans(List<AnnotatedMethod> woven, Lookup host) {
    unclaimed();
    List<Plan> plans = woven.stream().map(method -> new Plan(method, new ArrayList<>())).toList();
    for (Aspect aspect : aspects) {
      ask(aspect, plans, host);
    }
    if (woven.isEmpty() && problems.isEmpty()) {
      problems.add(
          "no method has one of the annotations "
              + annotations.stream()
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

  /** Reports annotations that no aspect of this weaver claims. */
  private void unclaimed() {
    for (Method method : methods.written()) {
      for (Class<? extends Annotation> kind : AnnotatedMethod.kindsOn(method)) {
        ClaimedBy claimed = kind.getAnnotation(ClaimedBy.class);
        if (claimed != null && !annotations.contains(kind)) {
          problems.add(
              AnnotatedMethod.name(method)
                  + " has @"
                  + AnnotatedMethod.unrepeated(kind).getSimpleName()
                  + ", and no aspect of this weaver puts it into effect; give it "
                  + claimed.value()
                  + ", or remove the annotation");
        }
      }
    }
  }

  private void ask(Aspect aspect, List<Plan> plans, Lookup host) {
    List<Site> sites = new ArrayList<>();
    List<Plan> planned = new ArrayList<>();
    Set<Class<? extends Annotation>> kinds = aspect.annotations();
    for (Plan plan : plans) {
      if (plan.method().isAnnotated(kinds)) {
        refuseRivals(plan.method(), kinds);
        sites.add(new Site(service, plan.method(), kinds, host));
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

  private void refuseRivals(AnnotatedMethod method, Set<Class<? extends Annotation>> kinds) {
    Set<Class<? extends Annotation>> asked = new LinkedHashSet<>();
    kinds.forEach(kind -> asked.add(AnnotatedMethod.unrepeated(kind)));
    for (Class<? extends Annotation> kind : asked) {
      method
          .rivals(kind)
          .ifPresent(
              rivals ->
                  problems.add(
                      rivals.stream()
                              .map(AnnotatedMethod::name)
                              .collect(Collectors.joining(" and "))
                          + " carry different @"
                          + kind.getSimpleName()
                          + ", and neither overrides the other; declare the method in "
                          + service.getSimpleName()
                          + " with the annotation that is meant"));
    }
  }

  private Woven define(
      WovenClass built, Lookup host, List<Plan> plans, List<Method> passedByHandle) {
    List<Method> slots = new ArrayList<>();
    plans.forEach(plan -> slots.add(plan.method().entry()));
    slots.addAll(passedByHandle);
    for (int i = 0; i < slots.size(); i++) {
      built.plan(slots.get(i), i);
    }
    MethodHandle[] compiled = new MethodHandle[slots.size()];
    try {
      Lookup woven = built.define(host, Arrays.asList(compiled));
      for (int i = 0; i < compiled.length; i++) {
        compiled[i] =
            i < plans.size()
                ? compile(plans.get(i), built, woven)
                : built.passOnByHandle(slots.get(i), service, woven);
      }
      return built.instances(service, woven);
    } catch (IllegalAccessException | NoSuchMethodException | NoSuchFieldException e) {
      throw new IllegalStateException("weaving " + service.getName(), e);
    }
  }

  /** The aspects of one method around it, the outermost last. */
  private MethodHandle compile(Plan plan, WovenClass built, Lookup woven)
      throws IllegalAccessException, NoSuchMethodException, NoSuchFieldException {
    MethodHandle method = built.next(plan.method().entry(), woven);
    MethodType typed = plan.type(service, built.self());
    MethodHandle advised = advise(plan, method.asType(typed), typed).asType(method.type());
    return built.onceConstructed(advised, method, woven);
  }

  private MethodHandle advise(Plan plan, MethodHandle method, MethodType typed) {
    MethodHandle next = method;
    for (int i = plan.advices().size() - 1; i >= 0; i--) {
      try {
        next = plan.advices().get(i).apply(next);
      } catch (IllegalArgumentException e) {
        if (e instanceof WeaveException) {
          throw e;
        }
        throw new WeavingRefused(
            service.getName(),
            List.of(
                plan.method().name()
                    + ": has more arguments than can be handed on ("
                    + e.getMessage()
                    + "); put some of them into a record"));
      }
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
    return next;
  }

  /** One method and the advice of its aspects, outermost first. */
  private record Plan(AnnotatedMethod method, List<UnaryOperator<MethodHandle>> advices) {
    MethodType type(Class<?> service, Class<?> self) {
      return method.type(Generics.of(service)).insertParameterTypes(0, self);
    }
  }

  /** In the package of the host, as the JVM wants it. */
  private static String name(Lookup host, Class<?> type) {
    String own = type.getName().substring(type.getName().lastIndexOf('.') + 1).replace('/', '_');
    String inPackage = host.lookupClass().getPackageName();
    return (inPackage.isEmpty() ? own : inPackage + "." + own) + WovenClass.SUFFIX;
  }
}
