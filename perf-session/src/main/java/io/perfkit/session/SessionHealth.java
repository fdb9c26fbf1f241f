package io.perfkit.session;

/**
 * How a manager stands now. Immutable.
 *
 * @param redisAvailable whether Redis is asked; false while it is taken for down; true in process
 * @param full whether a manager in process holds as many sessions as it may, so that it makes none
 */
public record SessionHealth(boolean redisAvailable, boolean full) {

  /** Whether sessions can be found and made. */
  public boolean healthy() {
    return redisAvailable && !full;
  }
}
