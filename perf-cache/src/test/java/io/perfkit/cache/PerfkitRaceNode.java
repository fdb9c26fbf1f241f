package io.perfkit.cache;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** A node of ours; it owns its caches. */
final class PerfkitRaceNode implements RaceNode {
  private final Caches caches;
  private final Cache<Integer, Long> cache;

  PerfkitRaceNode(Caches caches, CacheConfig config) {
    this.caches = caches;
    this.cache = caches.cache("versions", Integer.class, Codec.longs(), config);
    Await.until("subscribed", DEADLINE, caches::subscribed);
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
  public void awaitTold() {
    Await.until("Redis was told", DEADLINE, () -> caches.unsentInvalidations() == 0);
  }

  @Override
  public void awaitHeard() {
    Await.until("healthy", DEADLINE, () -> caches.health().healthy());
    NodesContract.hearAll(caches);
  }

  @Override
  public void close() {
    caches.close();
  }
}
