/**
 * Large results in parts: {@link io.perfkit.db.page.Keyset} reads pages by keyset pagination,
 * {@link io.perfkit.db.page.StreamingQuery} streams a result in constant memory. All types are
 * immutable; no state is kept between calls, since the cursor holds a page's position.
 */
@NullMarked
package io.perfkit.db.page;

import org.jspecify.annotations.NullMarked;
