package io.perfkit.weave;

import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Set;

/**
 * What a module does around the methods that carry its annotations. Implemented by modules such as
 * perf-cache, given to a {@link Weaver}. Called by one thread at a time, only while a class is
 * woven.
 */
public interface Aspect {

  /** Where it stands among others on one method; two aspects of one layer nest as given. */
  Layer layer();

  /** The annotations that claim a method, retained at run time. */
  Set<Class<? extends Annotation>> annotations();

  /**
   * Decides for each method what goes around it, by {@link Site#around}, or says by {@link
   * Site#refuse} why it can't. All sites of one class, once; no lasting effects yet, since the
   * class may still be refused for other reasons.
   */
  void weave(List<Site> sites);
}
