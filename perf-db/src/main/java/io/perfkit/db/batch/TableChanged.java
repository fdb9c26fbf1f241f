package io.perfkit.db.batch;

import io.perfkit.db.DbException;

/** The columns that a statement writes have other types than it was made for. Never public. */
final class TableChanged extends DbException {
  TableChanged(String table) {
    super("columns of " + table + " have other types (expected: those read last)", null);
  }
}
