package io.perfkit.session;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store answered. Immutable.
 *
 * @param code what became of the call
 * @param now the store's clock, where the code is {@code DONE} and a session is sent along
 * @param number of {@code DONE} how many, or the new version; of others the version or the bytes
 * @param text reason, new id or sum
 * @param stored the session
 * @param existing sessions of the user
 */
record Reply(
    Code code,
    long now,
    long number,
    String text,
    @Nullable Stored stored,
    List<SessionInfo> existing) {

  /** In the order of the codes that the scripts return; the last two are none of them. */
  enum Code {
    DONE,
    NOT_FOUND,
    IDLE,
    ABSOLUTE,
    REVOKED,
    ROTATED,
    MOVED,
    CONFLICT,
    TOO_LARGE,
    NO_NUMBER,
    LIMIT,
    FULL,
    FAILED
  }

  static Reply of(Code code) {
    return new Reply(code, 0, 0, "", null, List.of());
  }

  static Reply of(Code code, long number) {
    return new Reply(code, 0, number, "", null, List.of());
  }

  static Reply of(Code code, String text) {
    return new Reply(code, 0, 0, text, null, List.of());
  }

  static Reply found(long now, Stored stored) {
    return new Reply(Code.DONE, now, 0, "", stored, List.of());
  }
}
