/**
 * Write-behind: a {@link io.perfkit.cache.behind.WriteBehind} accepts writes of a cache's keys at
 * once and passes them to the source of its values later, in batches. Types are thread safe or
 * immutable, but for builders. Accepted writes that are not done live in this process alone.
 */
@NullMarked
package io.perfkit.cache.behind;

import org.jspecify.annotations.NullMarked;
