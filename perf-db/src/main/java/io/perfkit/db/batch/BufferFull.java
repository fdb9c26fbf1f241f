package io.perfkit.db.batch;

import io.perfkit.db.DbException;

/** The buffer has no space for a row: it was not accepted, and nothing else changed. */
public final class BufferFull extends DbException {
  BufferFull(String message) {
    super(message, null);
  }
}
