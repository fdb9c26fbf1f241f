package io.perfkit.weave;

/**
 * How the aspects of one method nest: an earlier constant is further outside. So what observes sees
 * every call, also one that is refused or answered without the method, and a call that is refused
 * is never answered.
 */
public enum Layer {
  /** Sees each call and its outcome: monitoring. */
  OBSERVE,
  /** May refuse a call: rate limits. */
  ADMIT,
  /** May answer in the method's place: caches. Directly around the method. */
  ANSWER
}
