package io.perfkit.cache.weave;

import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the method on each call and then puts its result into a cache that a {@link Cacheable} or
 * the host made; a null removes the entry. If the method throws, nothing changes. Implemented by a
 * {@link CacheAspect}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@ClaimedBy("CacheAspect.of(caches)")
@Target(ElementType.METHOD)
public @interface CachePut {

  /** The same as {@link #cache()}. */
  String value() default "";

  /** The cache's name; without one, that of {@link CacheDefaults} on the class. */
  String cache() default "";

  /** As {@link Cacheable#key()}, also over {@code #result}. */
  String[] key() default {};

  /** A condition over the arguments and {@code #result}; if it is false, nothing changes. */
  String condition() default "";

  /** As {@link Cacheable#tags()}. */
  String[] tags() default {};
}
