package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds annotations of other libraries that a reader takes for those of an aspect. */
final class ForeignAnnotations {
  private final Map<String, String> remedies = new LinkedHashMap<>();

  ForeignAnnotations(List<Aspect> aspects) {
    aspects.forEach(aspect -> remedies.putAll(aspect.foreign()));
  }

  /** One message for each such annotation on the service, its ancestors and their methods. */
  Set<String> in(Class<?> service, List<Method> written) {
    Set<String> found = new LinkedHashSet<>();
    for (Class<?> type : Ancestors.of(service)) {
      Arrays.stream(type.getDeclaredAnnotations())
          .map(Annotation::annotationType)
          .forEach(kind -> add(found, type.getSimpleName(), kind));
    }
    for (Method method : written) {
      AnnotatedMethod.kindsOn(method)
          .forEach(kind -> add(found, AnnotatedMethod.name(method), kind));
    }
    return found;
  }

  private void add(Set<String> found, String place, Class<? extends Annotation> kind) {
    String remedy = remedies.get(kind.getName());
    if (remedy != null) {
      found.add(
          place
              + " has @"
              + kind.getName()
              + ", which no aspect of this weaver reads; write "
              + remedy
              + ", or remove the annotation");
    }
  }
}
