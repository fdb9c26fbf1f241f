package io.perfkit.cache.weave;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Defaults for the cache annotations of a class. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface CacheDefaults {

  /** For annotations that name no cache. */
  String cache() default "";

  /** For {@link Cacheable#ttl()}. */
  String ttl() default "";

  /** For {@link Cacheable#localTtl()}. */
  String localTtl() default "";
}
