package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;

import java.util.Locale;

/**
 * The sizes of one pool, {@code minSize <= size <= maxSize} and {@code minIdle <= size}. Immutable.
 *
 * @param minSize fewest connections with which callers that hold several cannot deadlock
 * @param size connections at the start
 * @param minIdle connections kept ready at the start
 * @param maxSize most connections: this instance's share of the server
 */
public record PoolSizing(int minSize, int size, int minIdle, int maxSize) {
  public PoolSizing {
    if (minSize < 1 || size < minSize || maxSize < size || minIdle < 0 || minIdle > size) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "minSize, size, minIdle, maxSize: %d, %d, %d, %d (expected: 1 <= minSize <= size <= maxSize, 0 <= minIdle <= size)",
              minSize,
              size,
              minIdle,
              maxSize));
    }
  }

  /** Sizes from the settings alone. */
  static PoolSizing of(PoolConfig config) {
    return of(config, config.maxSize(), "set by maxSize; raise it");
  }

  /** Sizes from the settings and the instance's share of the server's limit. */
  static PoolSizing of(PoolConfig config, ServerLimits server) {
    int left = max(0, server.usable() - config.reserved());
    int share = left / config.instances();
    if (config.maxSize() <= share) {
      return of(config);
    }
    String why =
        String.format(
            Locale.ROOT,
            "the server allows %s, %d are reserved for others, %d instances share the rest; raise max_connections or lower reserved or instances",
            server,
            config.reserved(),
            config.instances());
    return of(config, share, why);
  }

  /**
   * Each of {@code callers} threads may hold all but one of the connections it needs and wait for
   * the last: one more connection than they hold then lets one of them go on.
   */
  static int floor(int callers, int nesting) {
    return (int) min(Integer.MAX_VALUE, (long) callers * (nesting - 1) + 1);
  }

  private static PoolSizing of(PoolConfig config, int ceiling, String why) {
    int floor = floor(config.callers(), config.nesting());
    if (ceiling < floor) {
      throw new SizingImpossible(
          String.format(
              Locale.ROOT,
              "pool '%s': at most %d connections (%s), but %d callers that hold up to %d at once need %d, or they can block each other for ever; or let each caller hold one at a time",
              config.name(),
              ceiling,
              why,
              config.callers(),
              config.nesting(),
              floor));
    }
    int size = max(floor, min(config.size(), ceiling));
    return new PoolSizing(floor, size, min(config.minIdle(), size), ceiling);
  }
}
