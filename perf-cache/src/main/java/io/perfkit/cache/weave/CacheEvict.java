package io.perfkit.cache.weave;

import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * After the method an entry of a cache ends, or all of some tags, or all, on every node. If it
 * throws nothing ends. The cache is one that a {@link Cacheable} or the host made. Put into effect
 * by a {@link CacheAspect}.
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

  /** A condition over what {@link #key()} may name; where it is false nothing ends. */
  String condition() default "";

  /** Ends all entries of the cache, instead of one. */
  boolean all() default false;

  /** Ends all entries with the tags that these expressions give, instead of one. */
  String[] tags() default {};

  /** Before the method instead of after it, and so also if it throws. */
  boolean before() default false;

  /** Several on one method. */
  @Documented
  @Retention(RetentionPolicy.RUNTIME)
  @ClaimedBy("CacheAspect.of(caches)")
  @Target(ElementType.METHOD)
  @interface List {

    /** In their order. */
    CacheEvict[] value();
  }
}
