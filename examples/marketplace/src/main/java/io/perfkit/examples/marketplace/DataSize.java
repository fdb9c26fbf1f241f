package io.perfkit.examples.marketplace;

/** How many rows the generated data holds. Immutable. */
public record DataSize(int users, int markets, int bets) {
  /** What the demo runs on. */
  public static final DataSize FULL = new DataSize(10_000, 1_000, 100_000);

  public DataSize {
    if (users < 1 || markets < 1 || bets < 0) {
      throw new IllegalArgumentException(
          "users, markets, bets: "
              + users
              + ", "
              + markets
              + ", "
              + bets
              + " (expected: at least 1, 1 and 0)");
    }
  }
}
