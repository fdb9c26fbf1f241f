/**
 * Write-behind: a {@link io.perfkit.cache.behind.WriteBehind} takes writes of a cache's keys at
 * once and gives them to where its values come from later, many in a call. Types are thread safe or
 * immutable, but for builders. What was accepted and is not written lives in this process alone.
 */
@NullMarked
package io.perfkit.cache.behind;

import org.jspecify.annotations.NullMarked;
