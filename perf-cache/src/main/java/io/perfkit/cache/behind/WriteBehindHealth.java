package io.perfkit.cache.behind;

/**
 * How one {@link WriteBehind} stands now. Immutable.
 *
 * @param running whether it accepts writes and its thread lives; false after a close
 * @param waiting writes that wait or are under way
 * @param maxEntries of them; at this bound callers write themselves
 * @param failing whether the latest batch that its thread ended has failed
 */
public record WriteBehindHealth(boolean running, long waiting, int maxEntries, boolean failing) {

  /** Whether writes are accepted and reach the writer. A full buffer alone is none the worse. */
  public boolean healthy() {
    return running && !failing;
  }
}
