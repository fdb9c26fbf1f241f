package io.perfkit.session;

/** What a lookup does if the {@link Binding} of its client is not that of the session's login. */
public enum BindingPolicy {
  /** Nothing. */
  OFF,
  /** Counts it and marks the outcome: {@link SessionOutcome.Active#otherClient()}. */
  ALERT,
  /** Ends the session: {@link EndReason#OTHER_CLIENT}. */
  TERMINATE
}
