package io.perfkit.db.internal;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Claims a name that distinguishes one component's meters from another's on the same registry. Two
 * meters with one name and tags would be one, which the first component to close would remove.
 * Thread safe.
 */
public final class MeterName implements AutoCloseable {
  /** Taken names by registry, held weakly; guarded by itself. */
  private static final Map<MeterRegistry, Set<String>> TAKEN = new WeakHashMap<>();

  private final MeterRegistry registry;
  private final String claim;

  private MeterName(MeterRegistry registry, String claim) {
    this.registry = registry;
    this.claim = claim;
  }

  /**
   * Claims a name until this is closed.
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

  /** Releases the name. */
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
