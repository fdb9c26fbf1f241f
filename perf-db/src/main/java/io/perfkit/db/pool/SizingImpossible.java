package io.perfkit.db.pool;

import io.perfkit.db.DbException;

/** The server allows fewer connections than nested callers need; the pool was not built. */
public final class SizingImpossible extends DbException {
  SizingImpossible(String message) {
    super(message, null);
  }
}
