package io.perfkit.db.page;

import org.jspecify.annotations.Nullable;

/** A row's value in one column of an order; its kind defines the comparison. Immutable. */
record KeyValue(KeyKind kind, @Nullable Object value) {
  boolean isNull() {
    return value == null;
  }
}
