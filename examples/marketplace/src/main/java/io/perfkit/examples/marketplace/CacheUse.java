package io.perfkit.examples.marketplace;

/** How often caches were asked, and how often they knew. Immutable. */
record CacheUse(long gets, long hits) {
  static final CacheUse NONE = new CacheUse(0, 0);
}
