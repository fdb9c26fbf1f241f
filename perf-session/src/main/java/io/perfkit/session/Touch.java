package io.perfkit.session;

/** Whether a lookup counts as use of the session. */
public enum Touch {
  /** It moves the idle deadline, at most once in {@link SessionConfig#touchEvery}. */
  YES,
  /** It does not count: for background polling, which would defeat the idle time-out. */
  NO
}
