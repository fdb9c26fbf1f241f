/**
 * Rate limits by annotation: {@link io.perfkit.ratelimit.weave.RateLimited} on the methods of a
 * service, implemented by a {@link io.perfkit.ratelimit.weave.RateLimitAspect}. Needs the optional
 * dependency perf-weave. Thread safe, without state.
 */
@NullMarked
package io.perfkit.ratelimit.weave;

import org.jspecify.annotations.NullMarked;
