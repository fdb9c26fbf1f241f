package io.perfkit.db.page;

import io.perfkit.db.DbException;

/**
 * A cursor that this keyset did not issue: altered, truncated, or made for another order, query or
 * secret. Nothing was read. It usually comes from a client, so answer "bad request".
 */
public final class CursorRefused extends DbException {
  CursorRefused() {
    super("cursor: not one of this keyset (expected: next or previous of one of its pages)", null);
  }
}
