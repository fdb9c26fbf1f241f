package io.perfkit.weave;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks an annotation that only an {@link Aspect} puts into effect. A weaver that finds such an
 * annotation on a service, and was given no aspect that claims it, refuses the class.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.ANNOTATION_TYPE)
public @interface ClaimedBy {

  /** The aspect to give to the weaver, for the message, such as {@code CacheAspect.of(caches)}. */
  String value();
}
