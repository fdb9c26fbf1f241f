package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.aopalliance.intercept.MethodInterceptor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;

/** Advice in proxies that a host makes itself. */
final class InterceptorsTest {
  private final List<String> trace = new ArrayList<>();
  private final Interceptors interceptors = Interceptors.of(TraceAspect.into(trace));
  private final Weaver weaver = Weaver.of(TraceAspect.into(trace));

  interface Finder<K> {
    String find(K id) throws IOException;

    default String plain() {
      return "plain";
    }
  }

  static class Users implements Finder<Long> {
    private final String prefix = "user ";

    @Traced
    @Override
    public String find(Long id) throws IOException {
      if (id < 0) {
        throw new IOException("negative");
      }
      return prefix + id;
    }

    @Traced
    int sum(int a, long b) {
      return a + (int) b;
    }

    @Traced
    void nothing() {}
  }

  @SuppressWarnings("unchecked") // the interface is what the proxy implements
  private static Finder<Long> byJdk(
      Finder<Long> target, Map<Method, Interceptors.Interceptor> advice) {
    return (Finder<Long>)
        Proxy.newProxyInstance(
            Finder.class.getClassLoader(),
            new Class<?>[] {Finder.class},
            (proxy, method, args) -> {
              Object[] given = args == null ? new Object[0] : args;
              Interceptors.Continuation next =
                  () -> {
                    try {
                      return method.invoke(target, given);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  };
              Interceptors.Interceptor advised = advice.get(method);
              return advised == null ? next.proceed() : advised.call(target, given, next);
            });
  }

  @Test
  void aProxyOfOnesOwnFindsTheAdviceByTheMethodOfTheInterface() throws Exception {
    Finder<Long> users = byJdk(new Users(), interceptors.of(Users.class));

    assertThat(users.find(1L)).isEqualTo("user 1");
    assertThat(users.plain()).isEqualTo("plain");
    assertThat(trace).containsExactly("> find", "< find");
    assertThatThrownBy(() -> users.find(-1L)).isExactlyInstanceOf(IOException.class).hasNoCause();
  }

  @Test
  void argumentsAndResultsPassAsTheyAre() throws Throwable {
    Map<Method, Interceptors.Interceptor> advice = interceptors.of(Users.class);
    Users users = new Users();
    Method sum = Users.class.getDeclaredMethod("sum", int.class, long.class);
    Method nothing = Users.class.getDeclaredMethod("nothing");
    Object[] args = {1, 2L};

    assertThat(advice.get(sum).call(users, args, () -> users.sum(1, 2))).isEqualTo(3);
    assertThat(advice.get(nothing).call(users, new Object[0], () -> null)).isNull();
    assertThatThrownBy(() -> advice.get(sum).call(users, new Object[] {1}, () -> 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("args: 1 of them (expected: 2, as the method takes)");
  }

  /** As Spring's advice of {@code @Transactional}. */
  private MethodInterceptor transactional() {
    return invocation -> {
      trace.add("begin");
      try {
        return invocation.proceed();
      } finally {
        trace.add("end");
      }
    };
  }

  private MethodInterceptor woven(Class<?> service) {
    Map<Method, Interceptors.Interceptor> advice = interceptors.of(service);
    return invocation -> {
      Interceptors.Interceptor advised = advice.get(invocation.getMethod());
      return advised == null
          ? invocation.proceed()
          : advised.call(
              target(invocation.getThis()), invocation.getArguments(), invocation::proceed);
    };
  }

  private static Object target(@Nullable Object target) {
    return Objects.requireNonNull(target, "target");
  }

  @SuppressWarnings("unchecked") // the proxy's class extends that of the target
  private static <T> T byCglib(T target, MethodInterceptor... advice) {
    ProxyFactory factory = new ProxyFactory(target);
    factory.setProxyTargetClass(true);
    for (MethodInterceptor one : advice) {
      factory.addAdvice(one);
    }
    return (T) factory.getProxy();
  }

  @Test
  void standsInOneSpringProxyBesideTransactionsInEitherOrder() throws Exception {
    assertThat(byCglib(new Users(), woven(Users.class), transactional()).find(1L))
        .isEqualTo("user 1");
    assertThat(trace).containsExactly("> find", "begin", "end", "< find");
    trace.clear();
    assertThat(byCglib(new Users(), transactional(), woven(Users.class)).find(1L))
        .isEqualTo("user 1");
    assertThat(trace).containsExactly("begin", "> find", "< find", "end");
  }

  @Test
  void aSpringProxyCanStandAroundAWovenService() throws Exception {
    Users users = byCglib(weaver.create(Users.class), transactional());

    assertThat(users.find(1L)).isEqualTo("user 1");
    assertThat(trace).containsExactly("begin", "> find", "< find", "end");
  }

  @Test
  void aSpringProxyCanBeWrappedByItsClassAndByTheUsers() throws Exception {
    Users proxy = byCglib(new Users(), transactional());

    assertThat(weaver.wrap(proxy).find(1L)).isEqualTo("user 1");
    assertThat(weaver.wrap(Users.class, proxy).find(2L)).isEqualTo("user 2");
    assertThat(trace)
        .containsExactly("> find", "begin", "end", "< find", "> find", "begin", "end", "< find");
  }

  @Test
  void refusesWhatNoProxySees() {
    assertThatThrownBy(() -> interceptors.of(Hidden.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("Hidden.own() is private, so no interceptor sees its calls; make it");
  }

  static class Hidden {
    @Traced
    void call() {
      own();
    }

    @Traced
    private void own() {}
  }
}
