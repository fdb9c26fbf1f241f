package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * The last load of the key failed, which is remembered for {@link CacheConfig#failureTtl()}; the
 * loader was not asked again. The cause is what it threw then, on the node where it did; elsewhere
 * there is none. An invalidation or a put of the key ends it.
 */
public final class RememberedFailure extends CacheException {
  RememberedFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
