package io.perfkit.cache.weave;

import io.perfkit.cache.CacheConfig;
import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The method's result is kept in a cache and read from there: {@code @Cacheable(cache =
 * "user_profile", ttl = "30m")}. One caller per key runs the method, the others wait for it; an
 * exception is not kept, and a null as {@link CacheConfig#absentTtl()} says. Of an {@code
 * Optional}, a {@code CompletionStage} or both, the inner value is kept; a stage is waited for
 * without a thread. Put into effect by a {@link CacheAspect}.
 *
 * <p>Expressions are those of {@code docs/reference/expressions.md}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@ClaimedBy("CacheAspect.of(caches)")
@Target(ElementType.METHOD)
public @interface Cacheable {

  /** The same as {@link #cache()}, for {@code @Cacheable("user_profile")}. */
  String value() default "";

  /** The cache's name; without one, that of {@link CacheDefaults} on the class. */
  String cache() default "";

  /**
   * Expressions over the arguments that make the key, such as {@code "user.id"}; without them the
   * arguments do, or those marked {@link CacheKey}.
   */
  String[] key() default {};

  /** A condition over the arguments; where it is false the method runs as if without cache. */
  String condition() default "";

  /**
   * A condition over the arguments and {@code #result}; where it is true the loaded value reaches
   * its callers and is not kept. Not asked about a null.
   */
  String unless() default "";

  /**
   * How long an entry lives in Redis: a number and {@code ms}, {@code s}, {@code m}, {@code h} or
   * {@code d}. Without it that of {@link CacheDefaults}, or of the aspect's settings. One cache has
   * one ttl.
   */
  String ttl() default "";

  /** How long a copy lives in the process, at most {@link #ttl()}; found alike. */
  String localTtl() default "";

  /** Expressions over the arguments and {@code #result} that give an entry's tags. */
  String[] tags() default {};

  /**
   * The method takes a {@code Collection}, {@code List} or {@code Set} of ids, first or marked
   * {@link CacheKey}, and gives a {@code Map} from id to value: each value is kept by itself, and
   * the method gets only those ids that are missing. Its other arguments are part of each key.
   * Without {@code key}, {@code unless} and {@code tags}.
   */
  boolean batch() default false;
}
