package io.perfkit.db.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The row in the order of a keyset at which a page begins. Immutable.
 *
 * @param forward whether the page is after it, or else before it
 * @param inclusive whether a row that stands exactly here is of the page
 * @param keys the values of a row, one for each column of the order
 */
record KeysetPosition(boolean forward, boolean inclusive, List<KeyValue> keys) {
  KeysetPosition {
    keys = Collections.unmodifiableList(new ArrayList<>(keys));
  }

  /** All that is not on this side. */
  KeysetPosition otherSide() {
    return new KeysetPosition(!forward, !inclusive, keys);
  }
}
