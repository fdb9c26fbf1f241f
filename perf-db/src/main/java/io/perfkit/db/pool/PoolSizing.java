package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;

/**
 * The sizes of one pool, {@code floor <= size <= ceiling} and {@code idle <= size}. Immutable.
 *
 * @param floor fewest connections with which callers that hold several can't block each other
 * @param size connections at the start
 * @param idle connections kept ready at the start
 * @param ceiling most connections: this instance's share of the server
 */
public record PoolSizing(int floor, int size, int idle, int ceiling) {
  public PoolSizing {
    if (floor < 1 || size < floor || ceiling < size || idle < 0 || idle > size) {
      throw new IllegalArgumentException(
          "floor, size, idle, ceiling: %d, %d, %d, %d (expected: 1 <= floor <= size <= ceiling, 0 <= idle <= size)"
              .formatted(floor, size, idle, ceiling));
    }
  }

  /** By the settings alone. */
  static PoolSizing of(PoolConfig config) {
    return of(config, config.ceiling(), "set by ceiling; raise it");
  }

  /** By the settings and the instance's share of what the server allows. */
  static PoolSizing of(PoolConfig config, ServerLimits server) {
    int left = max(0, server.usable() - config.reserved());
    int share = left / config.instances();
    if (config.ceiling() <= share) {
      return of(config);
    }
    String why =
        "the server allows %s, %d are reserved for others, %d instances share the rest; raise max_connections or lower reserved or instances"
            .formatted(server, config.reserved(), config.instances());
    return of(config, share, why);
  }

  /**
   * Each of {@code callers} threads may hold all but one of the connections it needs and wait for
   * the last: one more than they then hold lets one of them go on.
   */
  static int floor(int callers, int nesting) {
    return (int) min(Integer.MAX_VALUE, (long) callers * (nesting - 1) + 1);
  }

  private static PoolSizing of(PoolConfig config, int ceiling, String why) {
    int floor = floor(config.callers(), config.nesting());
    if (ceiling < floor) {
      throw new SizingImpossible(
          "pool '%s': at most %d connections (%s), but %d callers that hold up to %d at once need %d, or they can block each other for ever; or let each caller hold one at a time"
              .formatted(config.name(), ceiling, why, config.callers(), config.nesting(), floor));
    }
    int size = max(floor, min(config.size(), ceiling));
    return new PoolSizing(floor, size, min(config.idle(), size), ceiling);
  }
}
