package io.perfkit.monitoring.weave;

import io.perfkit.weave.Aspect;
import io.perfkit.weave.Interceptors;
import io.perfkit.weave.Weaver;
import java.lang.reflect.Method;
import java.util.Map;
import org.aopalliance.intercept.MethodInterceptor;
import org.springframework.aop.framework.ProxyFactory;

/** How an aspect takes effect on a service. */
enum Form {
  /** A woven subclass that is the service. */
  CREATED {
    @Override
    <T> Formed<T> of(T service, Aspect... aspects) {
      T created = Weaver.of(aspects).create(type(service));
      return new Formed<>(created, created);
    }
  },

  /** A woven subclass around the service. */
  WRAPPED {
    @Override
    <T> Formed<T> of(T service, Aspect... aspects) {
      return new Formed<>(Weaver.of(aspects).wrap(service), service);
    }
  },

  /** The advice in a proxy of Spring. */
  INTERCEPTED {
    @Override
    <T> Formed<T> of(T service, Aspect... aspects) {
      Map<Method, Interceptors.Interceptor> advice = Interceptors.of(aspects).of(type(service));
      ProxyFactory factory = new ProxyFactory(service);
      factory.setProxyTargetClass(true);
      factory.addAdvice(
          (MethodInterceptor)
              invocation -> {
                Interceptors.Interceptor advised = advice.get(invocation.getMethod());
                return advised == null
                    ? invocation.proceed()
                    : advised.call(service, invocation.getArguments(), invocation::proceed);
              });
      return new Formed<>(
          type(service).cast(factory.getProxy(service.getClass().getClassLoader())), service);
    }
  };

  /**
   * A service in one form.
   *
   * @param advised what callers call
   * @param state what has the service's fields
   */
  record Formed<T>(T advised, T state) {}

  /**
   * @param service new, of a class with a constructor without arguments
   */
  abstract <T> Formed<T> of(T service, Aspect... aspects);

  @SuppressWarnings("unchecked") // it is the class of the service
  private static <T> Class<T> type(T service) {
    return (Class<T>) service.getClass();
  }
}
