package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.weave.shapes.Calls;
import io.perfkit.weave.shapes.Counted;
import io.perfkit.weave.shapes.Kept;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aop.framework.ProxyFactory;

/**
 * Thousands of shapes of service classes, drawn by a seed and compiled, each advised in one form
 * and compared with what the language says about it.
 */
final class ShapesTest {
  private static final int SHAPES = Integer.getInteger("perf.shapes", 2_200);
  private static final long SEED = Long.getLong("perf.shapes.seed", 20261130);

  @TempDir Path classes;

  private int counted;

  @Test
  void everyShapeBehavesAsTheLanguageSays() throws Exception {
    List<Shape> shapes = draw();
    try (URLClassLoader loader = compile(shapes)) {
      List<String> wrong = new ArrayList<>();
      for (Shape shape : shapes) {
        check(shape, loader, type -> advised(shape, type)).ifPresent(wrong::add);
      }
      assertThat(wrong).as("seed " + SEED).isEmpty();
    }
  }

  /** The oracle is worth something only if it finds what is wrong. */
  @Test
  void aProxyThatReadsAnnotationsOfTheClassAloneIsFound() throws Exception {
    List<Shape> shapes = draw().subList(0, 300);
    try (URLClassLoader loader = compile(shapes)) {
      List<String> wrong = new ArrayList<>();
      for (Shape shape : shapes) {
        check(shape, loader, this::naive).ifPresent(wrong::add);
      }
      assertThat(wrong).hasSizeGreaterThan(50);
    }
  }

  private static List<Shape> draw() {
    Random random = new Random(SEED);
    List<Shape> shapes = new ArrayList<>();
    while (shapes.size() < SHAPES) {
      Shape.draw(shapes.size(), random).ifPresent(shapes::add);
    }
    return shapes;
  }

  private Optional<String> check(
      Shape shape, ClassLoader loader, Function<Class<?>, Object> advised) {
    try {
      Class<?> type = loader.loadClass("near." + shape.name());
      Object service;
      try {
        service = advised.apply(type);
      } catch (WeavingRefused refused) {
        return shape.isRefused() ? Optional.empty() : wrong(shape, "refused: " + refused);
      }
      if (shape.isRefused()) {
        return wrong(shape, "was not refused");
      }
      return compare(shape, type.getDeclaredMethods(), "callOwn", service, 10, false)
          .or(() -> compare(shape, type.getDeclaredMethods(), "callContract", service, 20, false))
          .or(() -> ofBase(shape, loader, service));
    } catch (ClassNotFoundException e) {
      throw new LinkageError(shape.name(), e);
    } catch (RuntimeException | LinkageError e) {
      return wrong(shape, e.toString());
    }
  }

  private Optional<String> ofBase(Shape shape, ClassLoader loader, Object service) {
    if (shape.base() == Shape.Base.NONE) {
      return Optional.empty();
    }
    boolean hidden =
        shape.base() == Shape.Base.HIDDEN_HERE || shape.base() == Shape.Base.HIDDEN_ELSEWHERE;
    String name = shape.basePackage() + "." + shape.name() + (hidden ? "H" : "B");
    try {
      Method[] methods = loader.loadClass(name).getDeclaredMethods();
      return compare(shape, methods, "call", service, 30, shape.isCutOff());
    } catch (ClassNotFoundException e) {
      throw new LinkageError(name, e);
    }
  }

  /** Two calls with one argument and one with another, by one of the ways to the method. */
  private Optional<String> compare(
      Shape shape, Method[] methods, String way, Object service, long id, boolean past) {
    Optional<Method> call =
        Arrays.stream(methods).filter(method -> method.getName().equals(way)).findFirst();
    if (call.isEmpty()) {
      return Optional.empty();
    }
    call.get().setAccessible(true);
    counted = 0;
    Calls.ofClass = 0;
    Calls.ofSuper = 0;
    List<String> got = new ArrayList<>();
    for (long argument : new long[] {id, id, id + 1}) {
      try {
        got.add(text(call.get().invoke(null, service, argument)));
      } catch (InvocationTargetException e) {
        return wrong(shape, way + ": " + e.getCause());
      } catch (IllegalAccessException e) {
        throw new LinkageError(way, e);
      }
    }
    String prefix = shape.result() == Shape.Result.LONG ? "" : "v";
    List<String> values = List.of(prefix + id, prefix + id, prefix + (id + 1));
    int bodies = past ? 3 : shape.bodies();
    int counts = past || !shape.isCounted() ? 0 : 3;
    boolean ofClass = shape.own() && !past;
    int ran = ofClass ? Calls.ofClass : Calls.ofSuper;
    boolean right = got.equals(values) && ran == bodies && counted == counts;
    return right
        ? Optional.empty()
        : wrong(
            shape,
            "%s: %s, %d bodies, %d counted (expected: %s, %d, %d)"
                .formatted(way, got, ran, counted, values, bodies, counts));
  }

  private static Optional<String> wrong(Shape shape, String what) {
    return Optional.of(shape + "\n    " + what);
  }

  private static String text(Object result) {
    if (result instanceof Optional<?> optional) {
      return String.valueOf(optional.orElseThrow());
    }
    return result instanceof CompletableFuture<?> stage
        ? String.valueOf(stage.join())
        : String.valueOf(result);
  }

  private Object advised(Shape shape, Class<?> type) {
    Aspect[] aspects = {new KeepAspect(), new CountAspect()};
    return switch (shape.form()) {
      case CREATED -> Weaver.of(aspects).create(type);
      case WRAPPED -> Weaver.of(aspects).wrap(instance(type));
      case WRAPPED_AS_CLASS -> wrapAs(type, Weaver.of(aspects));
      case INTERCEPTED -> {
        Map<Method, Interceptors.Interceptor> advice = Interceptors.of(aspects).of(type);
        yield proxy(
            instance(type),
            invocation -> {
              Interceptors.Interceptor one = advice.get(invocation.getMethod());
              return one == null
                  ? invocation.proceed()
                  : one.call(type, invocation.getArguments(), invocation::proceed);
            });
      }
    };
  }

  private static <T> T wrapAs(Class<T> type, Weaver weaver) {
    return weaver.wrap(type, type.cast(instance(type)));
  }

  private static Object instance(Class<?> type) {
    try {
      return type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(type.getName(), e);
    }
  }

  private static Object proxy(Object target, MethodInterceptor advice) {
    ProxyFactory factory = new ProxyFactory(target);
    factory.setProxyTargetClass(true);
    factory.addAdvice(advice);
    return factory.getProxy(target.getClass().getClassLoader());
  }

  private Object naive(Class<?> type) {
    Map<Object, Object> kept = new HashMap<>();
    return proxy(
        instance(type),
        invocation -> {
          Method method = invocation.getMethod();
          counted += method.isAnnotationPresent(Counted.class) ? 1 : 0;
          if (!method.isAnnotationPresent(Kept.class)) {
            return invocation.proceed();
          }
          Object key = invocation.getArguments()[0];
          if (!kept.containsKey(key)) {
            kept.put(key, invocation.proceed());
          }
          return kept.get(key);
        });
  }

  /** Keeps what a method gave for an argument. */
  private static final class KeepAspect implements Aspect {
    private final Map<Object, Object> kept = new HashMap<>();

    @Override
    public Layer layer() {
      return Layer.ANSWER;
    }

    @Override
    public Set<Class<? extends Annotation>> annotations() {
      return Set.of(Kept.class);
    }

    @Override
    public void weave(List<Site> sites) {
      sites.forEach(site -> site.around(next -> Call.handledBy(handler(this), next)));
    }

    @SuppressWarnings("UnusedMethod") // found by handler(aspect)
    Object handle(Call call) throws Throwable {
      Object key = call.argument(0);
      if (!kept.containsKey(key)) {
        kept.put(key, call.proceed());
      }
      return kept.get(key);
    }
  }

  private final class CountAspect implements Aspect {
    @Override
    public Layer layer() {
      return Layer.OBSERVE;
    }

    @Override
    public Set<Class<? extends Annotation>> annotations() {
      return Set.of(Counted.class);
    }

    @Override
    public void weave(List<Site> sites) {
      sites.forEach(site -> site.around(next -> Call.handledBy(handler(this), next)));
    }

    @SuppressWarnings("UnusedMethod") // found by handler(aspect)
    Object handle(Call call) throws Throwable {
      counted++;
      return call.proceed();
    }
  }

  private static MethodHandle handler(Object aspect) {
    try {
      return MethodHandles.lookup()
          .findVirtual(aspect.getClass(), "handle", methodType(Object.class, Call.class))
          .bindTo(aspect);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("handle", e);
    }
  }

  private URLClassLoader compile(List<Shape> shapes) throws IOException {
    List<JavaFileObject> sources = new ArrayList<>();
    for (Shape shape : shapes) {
      sources.add(source("near." + shape.name(), shape.classSource()));
      if (shape.contract() != Shape.Contract.NONE) {
        sources.add(source("near." + shape.name() + "I", shape.contractSource()));
      }
      if (shape.redeclared()) {
        sources.add(source("near." + shape.name() + "J", shape.secondSource()));
      }
      if (shape.base() != Shape.Base.NONE) {
        sources.add(source(shape.basePackage() + "." + shape.name() + "B", shape.baseSource()));
      }
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of(
            "-parameters",
            "-nowarn",
            "-proc:none",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            classes.toString());
    boolean compiled = compiler.getTask(null, null, null, options, null, sources).call();
    assertThat(compiled).as("shapes of seed " + SEED + " compile").isTrue();
    return new URLClassLoader(
        new URL[] {classes.toUri().toURL()}, ShapesTest.class.getClassLoader());
  }

  private static JavaFileObject source(String name, String text) {
    URI uri = URI.create("string:///" + name.replace('.', '/') + ".java");
    return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }
}
