package io.perfkit.jobs;

import java.util.List;

/**
 * What a step did.
 *
 * @param fenced whether the incarnation is over: its lease expired and its jobs were rescued
 * @param accepted for each completion, whether the node still owned the job
 * @param claimed new jobs, in the order in which to start them
 * @param nextDueMillis until the next delayed job of the queue is due; {@code Long.MAX_VALUE} if
 *     none is known
 */
record StepReply(
    boolean fenced, List<Boolean> accepted, List<ClaimedJob> claimed, long nextDueMillis) {}
