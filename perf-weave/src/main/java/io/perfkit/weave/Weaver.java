package io.perfkit.weave;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Run-time weaving (AOP): puts aspects around the annotated methods of services. A class is woven
 * once, for its first instance; calls then decide nothing more. Exceptions of a method reach its
 * caller unchanged. Woven classes live as long as the weaver. Thread safe.
 *
 * <p>Under JPMS the module of a service opens its package: {@code opens com.shop.users to
 * io.perfkit.weave}.
 */
public final class Weaver {
  private final List<Aspect> aspects;
  private final Map<Object, Woven> woven = new HashMap<>();

  private Weaver(List<Aspect> aspects) {
    this.aspects = aspects;
  }

  /** A weaver of these aspects; on one method they nest by {@link Layer}, then as given. */
  public static Weaver of(Aspect... aspects) {
    return new Weaver(
        Arrays.stream(aspects)
            .map(aspect -> requireNonNull(aspect, "aspect"))
            .sorted(Comparator.comparing(Aspect::layer))
            .toList());
  }

  /**
   * Creates an instance of a service whose annotated methods are woven, self-invocations included.
   * Its class is a hidden subclass of {@code type}, so {@code type} and its constructor must not be
   * private, and an annotated method neither final, private nor static. Calls from its constructors
   * are not advised: the instance is not complete yet.
   *
   * @param arguments of one of the constructors, chosen by the language's rules: an {@code int}
   *     fits a {@code long}, the most specific constructor wins; its exceptions pass through
   * @throws WeavingRefused if the class can't be woven, naming every problem
   */
  public <T> T create(Class<T> type, @Nullable Object... arguments) {
    Woven subclass;
    requireNotWoven(requireNonNull(type, "type"));
    synchronized (woven) {
      subclass = woven.computeIfAbsent(type, key -> new Weaving(type, aspects).subclass());
    }
    return type.cast(subclass.instance(arguments));
  }

  /**
   * Wraps {@code service} in an object that weaves its annotated methods and forwards all others.
   * Self-invocations of the service bypass it: a warning names each of them. The object's class
   * extends the service's; a service whose class can't be extended is wrapped as an interface, by
   * {@link #wrap(Class, Object)}. For a generated proxy, such as one of CGLIB, the user's class
   * counts as the service's class.
   *
   * <p>The object shares no fields with the service. An instance of an extended class is created
   * without running a constructor. Where a method returns the service itself, the object is
   * returned.
   *
   * @throws WeavingRefused if the class can't be woven, naming every problem, or is woven already
   */
  @SuppressWarnings("unchecked") // a subclass of the service's class
  public <T> T wrap(T service) {
    return (T) around(ofUser(requireNonNull(service, "service").getClass()), service);
  }

  /**
   * As {@link #wrap(Object)}, for the service as {@code type}: also for a lambda, a record or a JDK
   * proxy, as one of its interfaces.
   *
   * @param type a class or an interface of the service, whose annotations count too
   * @throws WeavingRefused if the type can't be woven, naming every problem, or the service is
   *     woven already
   */
  public <T> T wrap(Class<T> type, T service) {
    requireNonNull(type, "type");
    return type.cast(around(type, requireNonNull(service, "service")));
  }

  private Object around(Class<?> type, Object service) {
    requireNotWoven(service.getClass());
    Class<?> implementation = ofUser(service.getClass());
    Class<?> shown = type.isAssignableFrom(implementation) ? implementation : type;
    boolean proxied =
        implementation != service.getClass() || Proxy.isProxyClass(service.getClass());
    Woven wrapper;
    synchronized (woven) {
      wrapper =
          woven.computeIfAbsent(
              List.of(type, shown, proxied),
              key -> new Weaving(shown, aspects).around(type, proxied));
    }
    return wrapper.instance(service);
  }

  private static void requireNotWoven(Class<?> type) {
    if (type.isHidden() && type.getName().contains(WovenClass.SUFFIX)) {
      throw new WeavingRefused(
          type.getName(),
          List.of(
              "is woven already; use it as it is, and give one weaver all aspects, as in"
                  + " Weaver.of(first, second)"));
    }
  }

  /** The user's class behind a class that a framework has generated from it. */
  private static Class<?> ofUser(Class<?> type) {
    Class<?> user = type;
    while (user.getName().contains("$$")
        && user.getSuperclass() != null
        && user.getSuperclass() != Object.class) {
      user = user.getSuperclass();
    }
    return user;
  }
}
