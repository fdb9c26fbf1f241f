package io.perfkit.session;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A live session as a store holds it; times in milliseconds of the store's clock. Immutable, since
 * no code changes its arrays.
 */
record Stored(
    @Nullable String user,
    String client,
    String binding,
    long created,
    long lastSeen,
    long idle,
    long idleEnd,
    long absoluteEnd,
    long tokenSince,
    long version,
    Map<String, byte[]> attributes) {

  long end() {
    return Math.min(idleEnd, absoluteEnd);
  }

  Stored used(long seen, long timeout, long end) {
    return new Stored(
        user,
        client,
        binding,
        created,
        seen,
        timeout,
        end,
        absoluteEnd,
        tokenSince,
        version,
        attributes);
  }

  Stored changed(long newVersion, Map<String, byte[]> values) {
    return new Stored(
        user,
        client,
        binding,
        created,
        lastSeen,
        idle,
        idleEnd,
        absoluteEnd,
        tokenSince,
        newVersion,
        Map.copyOf(values));
  }

  Stored rotated(long since) {
    return new Stored(
        user,
        client,
        binding,
        created,
        lastSeen,
        idle,
        idleEnd,
        absoluteEnd,
        since,
        version,
        attributes);
  }
}
