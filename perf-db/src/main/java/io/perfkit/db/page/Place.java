package io.perfkit.db.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where a page begins. Immutable.
 *
 * @param forward whether the page is after it, or else before it
 * @param inclusive whether a row that stands exactly here is of the page
 * @param keys the values of a row, one for each column of the order
 */
record Place(boolean forward, boolean inclusive, List<KeyValue> keys) {
  Place {
    keys = Collections.unmodifiableList(new ArrayList<>(keys));
  }

  /** All that is not on this side. */
  Place otherSide() {
    return new Place(!forward, !inclusive, keys);
  }
}
