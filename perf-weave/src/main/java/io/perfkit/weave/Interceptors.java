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
 * proxies of one's own. The same aspects, sites and order as of a {@link Weaver}, without a class
 * made at run time. What the host does not intercept, such as a service's calls of its own methods,
 * is not advised. Thread safe.
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
   * Advice of every annotated method of a service, to be asked for once. A method is found by each
   * of its declarations: the one that runs, those that it overrides or implements, and bridges.
   * Each call with one class makes new advice, and asks the aspects again.
   *
   * @param service the class of the user, not of a proxy around it
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
     * One call of the method. What the method or an aspect throws is thrown, as it is.
     *
     * @param self the service or what stands for it; handed on to nobody
     * @param args as the method takes them, boxed; an aspect that changes one writes it into this
     *     array before {@code next} runs
     * @param next goes on with the call; run at most once, maybe later and on another thread
     * @return as the method returns it, boxed; null if it returns nothing
     */
    @Nullable Object call(Object self, @Nullable Object[] args, Continuation next) throws Throwable;
  }

  /** The rest of a call: other advice of the host, and the method. */
  @FunctionalInterface
  public interface Continuation {

    /** Goes on with the call. */
    @Nullable Object proceed() throws Throwable;
  }
}
