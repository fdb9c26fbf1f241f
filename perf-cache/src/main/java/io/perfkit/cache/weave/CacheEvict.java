package io.perfkit.cache.weave;

import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Invalidates an entry of a cache after the method, or all entries of some tags, or all entries, on
 * every node. If the method throws, nothing is invalidated. The cache is one that a {@link
 * Cacheable} or the host made. Implemented by a {@link CacheAspect}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@ClaimedBy("CacheAspect.of(caches)")
@Target(ElementType.METHOD)
@Repeatable(CacheEvict.List.class)
public @interface CacheEvict {

  /** The same as {@link #cache()}. */
  String value() default "";

  /** The cache's name; without one, that of {@link CacheDefaults} on the class. */
  String cache() default "";

  /** As {@link Cacheable#key()}, also over {@code #result} unless {@link #before()}. */
  String[] key() default {};

  /**
   * A condition over the names that {@link #key()} may use; if it is false, nothing is invalidated.
   */
  String condition() default "";

  /** Invalidates all entries of the cache, instead of one. */
  boolean all() default false;

  /** Invalidates all entries with the tags that these expressions give, instead of one. */
  String[] tags() default {};

  /** Invalidates before the method instead of after it, and so also if it throws. */
  boolean before() default false;

  /** Several on one method. */
  @Documented
  @Retention(RetentionPolicy.RUNTIME)
  @ClaimedBy("CacheAspect.of(caches)")
  @Target(ElementType.METHOD)
  @interface List {

    /** The annotations, in their order. */
    CacheEvict[] value();
  }
}
