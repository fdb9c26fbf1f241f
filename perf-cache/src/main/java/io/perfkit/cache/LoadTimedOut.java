package io.perfkit.cache;

/**
 * A load took longer than {@link CacheConfig#loadTimeoutHard()} allows its callers to wait, or no
 * thread was free to begin it. A load that has begun goes on; what it loads is kept, unless the key
 * is invalidated meanwhile or its lease ends.
 */
public final class LoadTimedOut extends CacheException {
  LoadTimedOut(String message) {
    super(message, null);
  }
}
