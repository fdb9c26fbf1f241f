/**
 * Caches by annotation: {@link io.perfkit.cache.weave.Cacheable} and its companions on the methods
 * of a service, implemented by a {@link io.perfkit.cache.weave.CacheAspect}. Needs the optional
 * dependency perf-weave. Types are thread safe; the only state is which caches are declared.
 */
@NullMarked
package io.perfkit.cache.weave;

import org.jspecify.annotations.NullMarked;
