package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Writes down each call of a method, before and after it. */
class TraceAspect implements Aspect {
  private final Layer layer;
  private final Class<? extends Annotation> annotation;
  private final List<String> trace;

  TraceAspect(Layer layer, Class<? extends Annotation> annotation, List<String> trace) {
    this.layer = layer;
    this.annotation = annotation;
    this.trace = trace;
  }

  static TraceAspect into(List<String> trace) {
    return new TraceAspect(Layer.OBSERVE, Traced.class, trace);
  }

  @Override
  public Layer layer() {
    return layer;
  }

  @Override
  public Set<Class<? extends Annotation>> annotations() {
    return Set.of(annotation);
  }

  @Override
  public void weave(List<Site> sites) {
    for (Site site : sites) {
      site.around(next -> around(site.annotated().getName(), next));
    }
  }

  private MethodHandle around(String name, MethodHandle next) {
    try {
      MethodHandle handler =
          MethodHandles.lookup()
              .findVirtual(
                  TraceAspect.class, "handle", methodType(Object.class, String.class, Call.class));
      return Call.handledBy(MethodHandles.insertArguments(handler, 0, this, name), next);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("handle", e);
    }
  }

  Object handle(String name, Call call) throws Throwable {
    trace.add("> " + name);
    try {
      return call.proceed();
    } finally {
      trace.add("< " + name);
    }
  }

  static List<String> newTrace() {
    return new ArrayList<>();
  }
}
