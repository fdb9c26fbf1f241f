package io.perfkit.ratelimit;

/**
 * A key that was refused often, one of the heavy hitters. Immutable.
 *
 * @param policy name of the policy that refused
 * @param key as the request gave it, or its digest if it was long
 * @param refusals at most so many, and at least {@code refusals - error}
 * @param error how much of it may belong to other keys
 */
public record RefusedKey(String policy, String key, long refusals, long error) {}
