package io.perfkit.weave;

/**
 * Nesting order of the aspects of one method: an earlier constant is further outside. So an
 * observing aspect sees every call, including one that is refused or answered without the method,
 * and a refused call is never answered.
 */
public enum Layer {
  /** Sees each call and its outcome: monitoring. */
  OBSERVE,
  /** May refuse a call: rate limits. */
  ADMIT,
  /** May answer in the method's place: caches. Directly around the method. */
  ANSWER
}
