package io.perfkit.cache.weave;

import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks the parameters that make the key, in their order; the others do not affect it. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@ClaimedBy("CacheAspect.of(caches)")
@Target(ElementType.PARAMETER)
public @interface CacheKey {}
