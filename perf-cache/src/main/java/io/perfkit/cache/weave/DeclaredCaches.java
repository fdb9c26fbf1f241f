package io.perfkit.cache.weave;

import io.perfkit.cache.Caches;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The caches that annotations name on one {@link Caches}, whichever aspect reads the annotations,
 * so that readers and those who change may be woven by several, in any order. Thread safe.
 */
final class DeclaredCaches {
  private final Map<String, CacheSlot> slots = new ConcurrentHashMap<>();

  private DeclaredCaches() {}

  static DeclaredCaches of(Caches caches) {
    return (DeclaredCaches)
        CacheReads.companions(caches)
            .computeIfAbsent(DeclaredCaches.class, key -> new DeclaredCaches());
  }

  /** What is known under a name, maybe that a cache of it is only awaited. */
  CacheSlot slot(String name) {
    return slots.computeIfAbsent(name, CacheSlot::new);
  }

  /** Names that annotations change and none has declared. */
  Set<String> awaited() {
    Set<String> awaited = new TreeSet<>();
    slots.values().stream()
        .filter(slot -> slot.declared().isEmpty() && slot.isUsed())
        .forEach(slot -> awaited.add(slot.name()));
    return awaited;
  }
}
