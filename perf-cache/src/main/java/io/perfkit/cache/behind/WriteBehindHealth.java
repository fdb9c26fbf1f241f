package io.perfkit.cache.behind;

/**
 * Health of one {@link WriteBehind}. Immutable.
 *
 * @param running whether it accepts writes and its thread lives; false after a close
 * @param waiting writes that wait or are under way
 * @param maxEntries bound of {@code waiting}, at which callers write themselves
 * @param failing whether the latest batch that its thread ended has failed
 */
public record WriteBehindHealth(boolean running, long waiting, int maxEntries, boolean failing) {

  /** Whether writes are accepted and reach the writer. A full buffer alone is healthy. */
  public boolean healthy() {
    return running && !failing;
  }
}
