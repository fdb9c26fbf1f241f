package io.perfkit.jobs;

/** A type and its handler. */
record Registered<T>(JobType<T> type, JobHandler<T> handler) {}
