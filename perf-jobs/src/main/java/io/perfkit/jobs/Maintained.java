package io.perfkit.jobs;

/**
 * What one maintenance did.
 *
 * @param rescued jobs taken from nodes whose lease expired
 * @param dead of these, jobs that became dead letters because they crashed too often
 * @param purged dead letters that were too old
 */
record Maintained(int rescued, int dead, int purged) {}
