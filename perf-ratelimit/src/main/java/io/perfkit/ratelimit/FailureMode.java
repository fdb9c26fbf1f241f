package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * What a policy decides while Redis can't be asked. Immutable.
 *
 * @param kind whether it admits, refuses or counts by itself
 * @param share for {@link Kind#LOCAL}, the part of the limit that one node admits by itself: above
 *     0, at most 1. All nodes together admit at most their number times that part.
 */
public record FailureMode(Kind kind, double share) {
  /** Who decides. */
  public enum Kind {
    /** Nobody: everything is admitted. */
    OPEN,
    /** Nobody: everything is refused, as {@link Decision.Reason#UNAVAILABLE}. */
    CLOSED,
    /** This node, by what it has admitted itself; kept warm while Redis decides. */
    LOCAL
  }

  public FailureMode {
    requireNonNull(kind, "kind");
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: above 0, at most 1)");
    }
  }

  /** Admits everything. */
  public static FailureMode open() {
    return new FailureMode(Kind.OPEN, 1);
  }

  /** Refuses everything. */
  public static FailureMode closed() {
    return new FailureMode(Kind.CLOSED, 1);
  }

  /** Each node counts by itself, up to {@code share} of the limit, but at least one permit. */
  public static FailureMode local(double share) {
    return new FailureMode(Kind.LOCAL, share);
  }
}
