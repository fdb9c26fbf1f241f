package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of {@link HotKeys}. Immutable.
 *
 * @param maxKeys most keys of a snapshot; default 1,000
 * @param saveEvery time between two snapshots of one node, at least 1 s; default 1 min
 * @param keptFor how long a snapshot outlives the nodes that saved it; default 1 day
 */
public record HotKeysConfig(int maxKeys, Duration saveEvery, Duration keptFor) {

  /** Most keys that a snapshot can have. */
  public static final int MAX_KEYS = 10_000;

  public HotKeysConfig {
    if (maxKeys < 1 || maxKeys > MAX_KEYS) {
      throw new IllegalArgumentException(
          "maxKeys: " + maxKeys + " (expected: 1 to " + MAX_KEYS + ")");
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
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings. */
  public Builder toBuilder() {
    return builder().maxKeys(maxKeys).saveEvery(saveEvery).keptFor(keptFor);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int maxKeys = 1_000;
    private Duration saveEvery = Duration.ofMinutes(1);
    private Duration keptFor = Duration.ofDays(1);

    private Builder() {}

    /** See {@link HotKeysConfig#maxKeys()}. */
    public Builder maxKeys(int count) {
      maxKeys = count;
      return this;
    }

    /** See {@link HotKeysConfig#saveEvery()}. */
    public Builder saveEvery(Duration interval) {
      saveEvery = interval;
      return this;
    }

    /** See {@link HotKeysConfig#keptFor()}. */
    public Builder keptFor(Duration time) {
      keptFor = time;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public HotKeysConfig build() {
      return new HotKeysConfig(maxKeys, saveEvery, keptFor);
    }
  }
}
