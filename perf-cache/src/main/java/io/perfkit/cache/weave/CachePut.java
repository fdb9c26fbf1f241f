package io.perfkit.cache.weave;

import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The method runs on each call, then its result is put into a cache that a {@link Cacheable} or the
 * host made; a null removes the entry. If it throws, nothing changes. Put into effect by a {@link
 * CacheAspect}.
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

  /** A condition over the arguments and {@code #result}; where it is false nothing changes. */
  String condition() default "";

  /** As {@link Cacheable#tags()}. */
  String[] tags() default {};
}
