package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * The fallback of a policy while Redis is down. Immutable.
 *
 * @param kind whether the policy admits, refuses or counts on this node
 * @param share for {@link Kind#LOCAL}, the part of the limit that one node admits: above 0, at most
 *     1. All nodes together admit at most their number times that part.
 */
public record OnRedisDown(Kind kind, double share) {
  /** How it decides. */
  public enum Kind {
    /** Fail open: everything is admitted. */
    OPEN,
    /** Fail closed: everything is refused, as {@link Decision.Reason#UNAVAILABLE}. */
    CLOSED,
    /**
     * This node counts alone. It begins with the counts of its own admissions while Redis was up,
     * so not with full buckets.
     */
    LOCAL
  }

  public OnRedisDown {
    requireNonNull(kind, "kind");
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: above 0, at most 1)");
    }
  }

  /** Admits everything. */
  public static OnRedisDown open() {
    return new OnRedisDown(Kind.OPEN, 1);
  }

  /** Refuses everything. */
  public static OnRedisDown closed() {
    return new OnRedisDown(Kind.CLOSED, 1);
  }

  /** Each node counts alone, up to {@code share} of the limit, but at least one permit. */
  public static OnRedisDown local(double share) {
    return new OnRedisDown(Kind.LOCAL, share);
  }
}
