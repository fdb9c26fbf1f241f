package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * The last load of the key failed, which is remembered for {@link CacheConfig#failureTtl()}; the
 * loader was not called again. The cause is the loader's exception on the node of that load, and
 * absent on other nodes. An invalidation or a put of the key ends it.
 */
public final class RememberedFailure extends CacheException {
  RememberedFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
