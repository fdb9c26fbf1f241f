package io.perfkit.db.query;

import java.util.Optional;

/**
 * Whether a query cache keeps results. Immutable.
 *
 * @param keeps whether it keeps any; false if it is disabled, or if something was set on a
 *     connection that can't be told from the others
 * @param differing connections on which something was set, such as a role or a search path: what
 *     they read is not kept until their settings are as they were
 * @param lastSetting the statement that set something last, and its line
 */
public record QueryCacheHealth(boolean keeps, int differing, Optional<String> lastSetting) {

  /** Whether it does what it was made for; connections that differ are a warning only. */
  public boolean healthy() {
    return keeps;
  }
}
