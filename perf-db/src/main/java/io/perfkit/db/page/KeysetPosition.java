package io.perfkit.db.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The position in the order of a keyset at which a page begins: the key values of a row. Immutable.
 *
 * @param forward true for the page after the position, false for the one before it
 * @param inclusive whether the page includes a row exactly at the position
 * @param keys the values of a row, one for each column of the order
 */
record KeysetPosition(boolean forward, boolean inclusive, List<KeyValue> keys) {
  KeysetPosition {
    keys = Collections.unmodifiableList(new ArrayList<>(keys));
  }

  /** The complement: all rows that are not on this side of the position. */
  KeysetPosition otherSide() {
    return new KeysetPosition(!forward, !inclusive, keys);
  }
}
