package io.perfkit.examples.marketplace;

import static java.util.Objects.requireNonNull;

/** A bet that a user wants to place. Immutable. */
record BetOrder(long userId, long marketId, Side side, long stakeCents) {
  static final long STAKE_CENTS_MAX = 100_000;

  /** What the user says will happen. */
  enum Side {
    YES,
    NO
  }

  BetOrder {
    requireNonNull(side, "side");
    if (stakeCents < 1 || stakeCents > STAKE_CENTS_MAX) {
      throw new IllegalArgumentException(
          "stakeCents: " + stakeCents + " (expected: 1 to " + STAKE_CENTS_MAX + ")");
    }
  }
}
