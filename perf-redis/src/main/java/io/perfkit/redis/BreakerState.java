package io.perfkit.redis;

/** State of the circuit breaker in front of one Redis client. */
public enum BreakerState {
  /** Calls are sent. */
  CLOSED,
  /** Redis was down, and a probe is under way; no call is sent. */
  HALF_OPEN,
  /** Redis is down: no call is sent. */
  OPEN
}
