package io.perfkit.cache;

import io.perfkit.redis.Codec;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** A node of ours; it owns its caches. */
final class PerfkitRaceNode implements RaceNode {
  private final Caches caches;
  private final Cache<Integer, Long> cache;

  PerfkitRaceNode(Caches caches, CacheConfig config) {
    this.caches = caches;
    this.cache = caches.cache("versions", Integer.class, Codec.longs(), config);
  }

  @Override
  public long read(int key, LongSupplier load) {
    return cache.getEntry(key, k -> Entry.of(load.getAsLong()).withTags("group-" + key % GROUPS));
  }

  @Override
  public void invalidate(int key) {
    cache.invalidate(key);
  }

  @Override
  public void invalidateGroup(int group) {
    cache.invalidateTag("group-" + group);
  }

  @Override
  public OptionalLong held(int key) {
    Long held = cache.getIfPresent(key);
    return held == null ? OptionalLong.empty() : OptionalLong.of(held);
  }

  @Override
  public boolean settled() {
    return caches.health().healthy();
  }

  int unsent() {
    return caches.unsentInvalidations();
  }

  @Override
  public void close() {
    caches.close();
  }
}
