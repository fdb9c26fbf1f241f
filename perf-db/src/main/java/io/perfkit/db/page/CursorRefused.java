package io.perfkit.db.page;

import io.perfkit.db.DbException;

/**
 * A cursor that was not made by this keyset: changed, cut, of another order or query, or of another
 * secret. Nothing was read. It usually came from outside, so the answer to it is "bad request".
 */
public final class CursorRefused extends DbException {
  CursorRefused() {
    super("cursor: not one of this keyset (expected: next or previous of one of its pages)", null);
  }
}
