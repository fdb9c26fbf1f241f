package io.perfkit.db.pool;

import io.perfkit.db.DbException;

/** The server's connections don't suffice for what the settings promise; nothing was opened. */
public final class SizingImpossible extends DbException {
  SizingImpossible(String message) {
    super(message, null);
  }
}
