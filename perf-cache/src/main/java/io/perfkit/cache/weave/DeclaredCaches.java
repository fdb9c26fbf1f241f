package io.perfkit.cache.weave;

import io.perfkit.cache.Caches;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The caches that annotations name on one {@link Caches}, for all aspects together: several aspects
 * may weave the methods that read and change a cache, in any order. Thread safe.
 */
final class DeclaredCaches {
  private final Map<String, CacheSlot> slots = new ConcurrentHashMap<>();

  private DeclaredCaches() {}

  static DeclaredCaches of(Caches caches) {
    return (DeclaredCaches)
        CacheReads.companions(caches)
            .computeIfAbsent(DeclaredCaches.class, key -> new DeclaredCaches());
  }

  /** The slot of a name, also while its cache is only awaited. */
  CacheSlot slot(String name) {
    return slots.computeIfAbsent(name, CacheSlot::new);
  }

  /** Names that annotations change and that none has declared. */
  Set<String> awaited() {
    Set<String> awaited = new TreeSet<>();
    slots.values().stream()
        .filter(slot -> slot.declared().isEmpty() && slot.isUsed())
        .forEach(slot -> awaited.add(slot.name()));
    return awaited;
  }
}
