package io.perfkit.cache;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The method's result is kept in a cache and read from there: {@code @Cacheable(cache =
 * "user_profile", ttl = "30m")}. One caller per key runs the method, the others wait for it; an
 * exception is not kept, nor is a null. Of an {@code Optional}, a {@code CompletionStage} or both,
 * the inner value is kept.
 *
 * <p>The key is the method's arguments, or those marked {@link CacheKey}. Put into effect by a
 * {@link CacheAspect}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Cacheable {

  /** The same as {@link #cache()}, for {@code @Cacheable("user_profile")}. */
  String value() default "";

  /** The cache's name; without one, that of {@link CacheDefaults} on the class. */
  String cache() default "";

  /**
   * How long an entry lives in Redis: a number and {@code ms}, {@code s}, {@code m}, {@code h} or
   * {@code d}. Without it that of {@link CacheDefaults}, or of the aspect's settings.
   */
  String ttl() default "";

  /** How long a copy lives in the process, at most {@link #ttl()}; found alike. */
  String localTtl() default "";
}
