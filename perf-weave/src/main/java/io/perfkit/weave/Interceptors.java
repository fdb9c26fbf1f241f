package io.perfkit.weave;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compiled advice of annotated methods, for hosts that intercept calls themselves: Spring AOP, CDI,
 * their own proxies. The same aspects, sites and order as with a {@link Weaver}, without a
 * generated class. Calls that the host does not intercept, such as self-invocations of a service,
 * are not advised. Thread safe.
 */
public final class Interceptors {
  private final List<Aspect> aspects;

  private Interceptors(List<Aspect> aspects) {
    this.aspects = aspects;
  }

  /** Advice of these aspects; on one method they nest by {@link Layer}, then as given. */
  public static Interceptors of(Aspect... aspects) {
    return new Interceptors(
        Arrays.stream(aspects)
            .map(aspect -> requireNonNull(aspect, "aspect"))
            .sorted(Comparator.comparing(Aspect::layer))
            .toList());
  }

  /**
   * Compiles the advice of every annotated method of a service; call it once for each class. The
   * map has each declaration of a method as a key: the one that runs, those that it overrides or
   * implements, and bridges. Each call compiles new advice, and calls the aspects again.
   *
   * @param service the user's class, not that of a proxy around it
   * @throws WeavingRefused if the class can't be advised, naming every problem
   */
  public Map<Method, Interceptor> of(Class<?> service) {
    Map<Method, Interceptor> found = new LinkedHashMap<>();
    for (Weaving.Advised advised :
        new Weaving(requireNonNull(service, "service"), aspects).advised()) {
      advised.known().forEach(method -> found.putIfAbsent(method, advised.interceptor()));
    }
    return found;
  }

  /** The advice of one method. Thread safe. */
  public interface Interceptor {

    /**
     * Runs one call of the method. Exceptions of the method or an aspect pass through unchanged.
     *
     * @param self the service or its stand-in; not passed on
     * @param args as the method takes them, boxed; an aspect that changes one writes it into this
     *     array before {@code next} runs
     * @param next proceeds with the call; run at most once, maybe later and on another thread
     * @return the method's result, boxed; null if it returns nothing
     */
    @Nullable Object call(Object self, @Nullable Object[] args, Continuation next) throws Throwable;
  }

  /** The rest of a call: other advice of the host, and the method. */
  @FunctionalInterface
  public interface Continuation {

    /** Proceeds with the call. */
    @Nullable Object proceed() throws Throwable;
  }
}
