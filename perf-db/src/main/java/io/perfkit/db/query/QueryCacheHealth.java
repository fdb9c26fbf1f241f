package io.perfkit.db.query;

import java.util.Optional;

/**
 * Whether a query cache keeps results. Immutable.
 *
 * @param keeps whether it keeps any; false if it is disabled, or if a setting was changed on a
 *     connection that cannot be told from the others
 * @param differing connections with a changed setting, such as a role or a search path: their
 *     results are not cached until the settings are back to normal
 * @param lastSetting the last statement that changed a setting, and its call site
 */
public record QueryCacheHealth(boolean keeps, int differing, Optional<String> lastSetting) {

  /** Whether the cache keeps results; connections that differ are only a warning. */
  public boolean healthy() {
    return keeps;
  }
}
