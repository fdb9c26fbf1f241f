package io.perfkit.jobs;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job that a node owns until it completes it or its lease expires. Immutable.
 *
 * @param owner incarnation of the node; with {@code claim} the fencing token of a completion
 * @param claim number of the claim, unique within the incarnation
 * @param attempt 1 for the first
 * @param crashes how often a node's lease expired while it owned the job
 * @param payload bytes, or the payload itself
 * @param waitedNanos from when the job was due until it was claimed, by the store's clock
 * @param handle whatever the store needs to find the job again
 */
record ClaimedJob(
    JobId id,
    String queue,
    String type,
    int version,
    Priority priority,
    @Nullable String key,
    long owner,
    long claim,
    int attempt,
    int maxAttempts,
    int crashes,
    Map<String, String> headers,
    Object payload,
    long waitedNanos,
    Object handle) {}
