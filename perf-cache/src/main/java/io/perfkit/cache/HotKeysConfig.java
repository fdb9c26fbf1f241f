package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of {@link HotKeys}. Immutable.
 *
 * @param keysMax most keys of a snapshot; default 1,000
 * @param saveEvery default 1 min
 * @param keptFor how long a snapshot outlives the nodes that saved it; default 1 day
 */
public record HotKeysConfig(int keysMax, Duration saveEvery, Duration keptFor) {

  /** Most keys that a snapshot can have. */
  public static final int KEYS_MAX = 10_000;

  public HotKeysConfig {
    if (keysMax < 1 || keysMax > KEYS_MAX) {
      throw new IllegalArgumentException(
          "keysMax: " + keysMax + " (expected: 1 to " + KEYS_MAX + ")");
    }
    if (requireNonNull(saveEvery, "saveEvery").compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("saveEvery: " + saveEvery + " (expected: >= 1 s)");
    }
    CacheConfig.requireTtl("keptFor", keptFor);
    if (keptFor.compareTo(saveEvery) < 0) {
      throw new IllegalArgumentException(
          "keptFor: " + keptFor + " (expected: >= saveEvery " + saveEvery + ")");
    }
  }

  /** The defaults. */
  public static HotKeysConfig defaults() {
    return new HotKeysConfig(1_000, Duration.ofMinutes(1), Duration.ofDays(1));
  }

  /** The same settings with another size. */
  public HotKeysConfig withKeysMax(int count) {
    return new HotKeysConfig(count, saveEvery, keptFor);
  }

  /** The same settings with other times. */
  public HotKeysConfig withTimes(Duration newSaveEvery, Duration newKeptFor) {
    return new HotKeysConfig(keysMax, newSaveEvery, newKeptFor);
  }
}
