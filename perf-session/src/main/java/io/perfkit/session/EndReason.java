package io.perfkit.session;

/** Why a session was ended before its time. */
public enum EndReason {
  /** {@link SessionManager#invalidate(Session)}: its user logged out. */
  LOGOUT('L'),
  /** A login made room for another session of the user. */
  EVICTED('E'),
  /** {@link SessionManager#invalidateOthers}: another session of the user ended it. */
  OTHERS('O'),
  /**
   * {@link SessionManager#invalidate(String, SessionInfo)}: the user chose it from the list of
   * sessions.
   */
  CHOSEN('A'),
  /**
   * {@link SessionManager#invalidateAll}, or Redis lost the index of the user, which ends the
   * user's sessions.
   */
  EVERYWHERE('U');

  private final char code;

  EndReason(char code) {
    this.code = code;
  }

  /** The stored code. */
  String code() {
    return String.valueOf(code);
  }

  /** The reason of a stored code; an unknown code of a later version counts as a logout. */
  static EndReason of(String code) {
    for (EndReason reason : values()) {
      if (reason.code().equals(code)) {
        return reason;
      }
    }
    return LOGOUT;
  }
}
