package io.perfkit.session;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A live session as a store holds it; times in milliseconds of the store's clock. Immutable but for
 * its arrays, which nobody changes.
 */
record Stored(
    @Nullable String user,
    String client,
    long created,
    long lastSeen,
    long idleEnd,
    long absoluteEnd,
    long tokenSince,
    long version,
    Map<String, byte[]> attributes) {

  long end() {
    return Math.min(idleEnd, absoluteEnd);
  }
}
