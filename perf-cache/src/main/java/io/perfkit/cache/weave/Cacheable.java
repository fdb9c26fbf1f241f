package io.perfkit.cache.weave;

import io.perfkit.cache.CacheConfig;
import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Caches the method's result: {@code @Cacheable(cache = "user_profile", ttl = "30m")}. One caller
 * per key runs the method, the others wait for it (single-flight). An exception is not cached; a
 * null is cached for {@link CacheConfig#absentTtl()}. For an {@code Optional}, a {@code
 * CompletionStage} or both, the inner value is cached; no thread waits for a stage. Implemented by
 * a {@link CacheAspect}.
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
   * arguments make it, or those marked {@link CacheKey}.
   */
  String[] key() default {};

  /** A condition over the arguments; if it is false, the method runs without the cache. */
  String condition() default "";

  /**
   * A condition over the arguments and {@code #result}; if it is true, the loaded value reaches its
   * callers and is not cached. Not evaluated for a null.
   */
  String unless() default "";

  /**
   * How long an entry lives in Redis: a number and {@code ms}, {@code s}, {@code m}, {@code h} or
   * {@code d}, or an ISO duration such as {@code PT30M}; <code>${cache.ttl:5m}</code> takes it from
   * {@link CacheAspect.Builder#placeholders}. Without it, that of {@link CacheDefaults} applies, or
   * of the aspect's settings. One cache has one TTL.
   */
  String ttl() default "";

  /** How long a local copy lives, at most {@link #ttl()}; with the same defaults. */
  String localTtl() default "";

  /** Expressions over the arguments and {@code #result} that give an entry's tags. */
  String[] tags() default {};

  /**
   * The method takes a {@code Collection}, {@code List} or {@code Set} of ids, first or marked
   * {@link CacheKey}, and returns a {@code Map} from id to value: each value is cached by itself,
   * and the method gets only the missing ids. Its other arguments are part of each key. Excludes
   * {@code key}, {@code unless} and {@code tags}.
   */
  boolean batch() default false;
}
