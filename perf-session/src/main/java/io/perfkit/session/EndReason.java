package io.perfkit.session;

/** Why a session ended. */
public enum EndReason {
  /** {@link SessionManager#invalidate(Session)}: its user logged out. */
  LOGOUT('L'),
  /** A login took over the session. */
  REPLACED('R'),
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
  EVERYWHERE('U'),
  /** {@link BindingPolicy#TERMINATE}: another client than that of its login used it. */
  OTHER_CLIENT('C'),
  /** It was not used for its idle time-out. */
  IDLE('I'),
  /** It reached its absolute time-out. */
  ABSOLUTE('B'),
  /** Redis no longer held it, by its TTL after a pause in sweeping, or by eviction. */
  LOST('X');

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
