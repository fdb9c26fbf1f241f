package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The advice that a module puts around the methods with its annotations (AOP's aspect). Modules
 * such as perf-cache implement it; a host gives it to a {@link Weaver}. Called by one thread at a
 * time, only while a class is woven.
 */
public interface Aspect {

  /** Its layer among the aspects of one method; two aspects of one layer nest as given. */
  Layer layer();

  /** The annotations that claim a method, retained at run time. */
  Set<Class<? extends Annotation>> annotations();

  /**
   * Annotations of other libraries that look like this aspect's, by their class names, and for each
   * what to write instead. A class that carries one is refused. Interceptors, and a weaver that
   * wraps a proxy, warn of it, since a container may put it into effect. None by default.
   */
  default Map<String, String> foreign() {
    return Map.of();
  }

  /**
   * Decides for each method the advice around it, by {@link Site#around}, or refuses it with a
   * reason, by {@link Site#refuse}. Called once with all sites of a class. Must have no lasting
   * effects, since the class may still be refused for other reasons.
   */
  void weave(List<Site> sites);
}
