package io.perfkit.weave;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts aspects around the annotated methods of services. A class is woven once, when its first
 * instance is asked for; a call then finds everything decided. Exceptions of a method reach its
 * caller as they are. Woven classes live as long as the weaver. Thread safe.
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
   * A new instance of a service whose annotated methods are woven, also when the service calls them
   * itself. Its class is a hidden subclass of {@code type}, so {@code type} and its constructor
   * must not be private, and an annotated method neither final, private nor static.
   *
   * @param arguments of one of the constructors; what that throws is thrown
   * @throws WeavingRefused if the class can't be woven, naming every problem
   */
  public <T> T create(Class<T> type, @Nullable Object... arguments) {
    Woven subclass;
    synchronized (woven) {
      subclass =
          woven.computeIfAbsent(
              requireNonNull(type, "type"), key -> Weaving.subclass(type, aspects));
    }
    return type.cast(subclass.instance(arguments));
  }

  /**
   * An object around {@code service} that has its annotated methods woven and passes all others on.
   * Calls inside the service go past it: a warning names each of them. If the service's class can
   * be extended the object's class does, else it implements all the interfaces of the service.
   *
   * <p>The object shares no fields with the service. An instance of a class that is extended is
   * made without a constructor. What a superclass in another package declares {@code protected} is
   * not passed on: the JVM lets nobody else call it on the service.
   *
   * @throws WeavingRefused if the class can't be woven, naming every problem
   */
  @SuppressWarnings("unchecked") // of T's class, or of its interfaces if T is one
  public <T> T wrap(T service) {
    Class<?> type = requireNonNull(service, "service").getClass();
    Woven wrapper;
    synchronized (woven) {
      wrapper = woven.computeIfAbsent(List.of(type), key -> Weaving.around(type, aspects));
    }
    return (T) wrapper.instance(service);
  }

  /**
   * As {@link #wrap(Object)}, around what the service shows as {@code type}.
   *
   * @param type an interface of the service, whose annotations count too
   * @throws WeavingRefused if the interface can't be woven, naming every problem
   */
  public <T> T wrap(Class<T> type, T service) {
    if (!requireNonNull(type, "type").isInterface()) {
      throw new IllegalArgumentException("type: " + type.getName() + " (expected: an interface)");
    }
    Class<?> implementation = requireNonNull(service, "service").getClass();
    Woven wrapper;
    synchronized (woven) {
      wrapper =
          woven.computeIfAbsent(
              List.of(type, implementation),
              key -> Weaving.around(List.of(type), implementation, aspects));
    }
    return type.cast(wrapper.instance(service));
  }
}
