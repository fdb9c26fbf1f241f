package io.perfkit.jobs;

import java.util.Set;

/**
 * Answer to a heartbeat.
 *
 * @param fenced whether the incarnation is over
 * @param cancelled jobs of the node that should stop
 */
record Beat(boolean fenced, Set<JobId> cancelled) {
  static final Beat FENCED = new Beat(true, Set.of());
}
