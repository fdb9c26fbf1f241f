package io.perfkit.session;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A store's reply. Immutable.
 *
 * @param code the outcome of the call
 * @param now the store's clock, if the code is {@code DONE} and the reply has a session
 * @param number for {@code DONE} a count or the new version; for other codes the version or the
 *     bytes
 * @param text reason, new id or sum
 * @param stored the session
 * @param existing sessions of the user
 * @param ended how long each session lived that the call ended
 * @param ofUser how many sessions the user has after a login, or a few more
 */
record Reply(
    Code code,
    long now,
    long number,
    String text,
    @Nullable Stored stored,
    List<SessionInfo> existing,
    List<Lifetime> ended,
    long ofUser) {

  Reply(
      Code code,
      long now,
      long number,
      String text,
      @Nullable Stored stored,
      List<SessionInfo> existing) {
    this(code, now, number, text, stored, existing, List.of(), 0);
  }

  /** The reply of a call that ended these sessions. */
  static Reply ended(List<Lifetime> lifetimes) {
    return new Reply(Code.DONE, 0, lifetimes.size(), "", null, List.of(), lifetimes, 0);
  }

  /** In the order of the scripts' codes; the scripts never return {@link #FULL}. */
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
