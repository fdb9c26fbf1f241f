/**
 * Large results in parts: {@link io.perfkit.db.page.Keyset} reads pages that begin where the last
 * one ended, {@link io.perfkit.db.page.StreamingQuery} streams a result in constant memory. All
 * types are immutable; no state is kept between calls, since a page's place is in its cursor.
 */
@NullMarked
package io.perfkit.db.page;

import org.jspecify.annotations.NullMarked;
