package io.perfkit.ratelimit;

/**
 * Counts of a limiter's decisions since it was opened, summed over its policies. Each number is
 * exact, but they are not of one moment. Immutable.
 *
 * @param allowed how often a policy admitted a request; a request of a plan with three policies
 *     counts three times
 * @param denied how often a policy refused a request, or as a shadow would have
 * @param deniedFromCache refusals among {@code denied} that were repeated from the denial cache,
 *     without asking Redis
 * @param degraded how often a policy decided by its {@link Policy#onRedisDown()}
 * @param bypassed requests of exempt principals
 * @param keys keys that this node counts itself now, or holds leases for
 * @param overflows requests of new keys that shared a counter because there were too many keys
 */
public record RateLimiterStats(
    long allowed,
    long denied,
    long deniedFromCache,
    long degraded,
    long bypassed,
    int keys,
    long overflows) {}
