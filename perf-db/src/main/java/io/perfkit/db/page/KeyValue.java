package io.perfkit.db.page;

import org.jspecify.annotations.Nullable;

/** The value of one column of an order in a row; its kind tells how it is compared. Immutable. */
record KeyValue(KeyKind kind, @Nullable Object value) {
  boolean isNull() {
    return value == null;
  }
}
