package io.perfkit.ratelimit;

/**
 * A key that was refused often, one of the heavy hitters. Immutable.
 *
 * @param policy name of the policy that refused
 * @param key as the request gave it, or its digest if it was long
 * @param refusals upper bound of its refusals; the lower bound is {@code refusals - error}
 * @param error how many of them may belong to other keys
 */
public record RefusedKey(String policy, String key, long refusals, long error) {}
