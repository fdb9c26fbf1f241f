package io.perfkit.jobs;

/**
 * What one node has done since it was created. Immutable.
 *
 * @param enqueued jobs that this node stored
 * @param duplicates jobs that it did not store because of their unique key
 * @param done attempts whose handler returned
 * @param retried attempts that failed and are followed by another
 * @param dead attempts after which the job became a dead letter
 * @param discarded attempts whose handler found the job pointless
 * @param cancelled attempts that the host cancelled
 * @param returned attempts that a shutdown or a lost lease ended, uncharged
 * @param stale completions that came too late and changed nothing
 * @param rescued jobs that this node took from nodes whose lease expired
 * @param running handlers that run now
 */
public record JobsStats(
    long enqueued,
    long duplicates,
    long done,
    long retried,
    long dead,
    long discarded,
    long cancelled,
    long returned,
    long stale,
    long rescued,
    int running) {}
