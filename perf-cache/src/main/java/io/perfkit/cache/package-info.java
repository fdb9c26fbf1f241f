/**
 * A two-level cache: Caffeine in the process (L1), Redis behind it (L2), coherent between nodes. A
 * host creates one {@link io.perfkit.cache.Caches} on its Redis client and gets each {@link
 * io.perfkit.cache.Cache} from it. All types are thread safe or immutable, but for builders. State
 * lives in Redis under the prefix of the {@code Caches}, and in each node's L1.
 */
@NullMarked
package io.perfkit.cache;

import org.jspecify.annotations.NullMarked;
