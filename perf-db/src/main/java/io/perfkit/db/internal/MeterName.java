package io.perfkit.db.internal;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The name by which one component's meters are told from another's on the same registry. Two meters
 * of one name and tags would be one, which the first component to close would remove. Thread safe.
 */
public final class MeterName implements AutoCloseable {
  /** By registry, which must not be kept from being collected; guarded by itself. */
  private static final Map<MeterRegistry, Set<String>> TAKEN = new WeakHashMap<>();

  private final MeterRegistry registry;
  private final String claim;

  private MeterName(MeterRegistry registry, String claim) {
    this.registry = registry;
    this.claim = claim;
  }

  /**
   * Takes a name until it is closed.
   *
   * @param kind of the component, which is the tag's key: {@code pool}
   * @throws IllegalArgumentException if another component of the kind has it on this registry
   */
  public static MeterName claim(MeterRegistry registry, String kind, String name) {
    String claim = kind + "=" + name;
    synchronized (TAKEN) {
      if (!TAKEN.computeIfAbsent(registry, unused -> new HashSet<>()).add(claim)) {
        throw new IllegalArgumentException(
            "name: '%s' (expected: one that no other %s with meters on this registry has)"
                .formatted(name, kind));
      }
    }
    return new MeterName(registry, claim);
  }

  /** Gives the name back. */
  @Override
  public void close() {
    synchronized (TAKEN) {
      Set<String> taken = TAKEN.get(registry);
      if (taken != null) {
        taken.remove(claim);
      }
    }
  }
}
