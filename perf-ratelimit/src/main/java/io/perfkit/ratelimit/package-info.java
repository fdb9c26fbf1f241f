/**
 * Rate limits: a host describes policies, puts those that a request must pass into a plan, and asks
 * one {@link io.perfkit.ratelimit.RateLimiter}, which decides all of them together, in the process
 * or in one round trip to Redis.
 */
@NullMarked
package io.perfkit.ratelimit;

import org.jspecify.annotations.NullMarked;
