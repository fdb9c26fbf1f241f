package io.perfkit.db.pool;

/**
 * Throughput of a database with n connections at work by Gunther's universal scalability law: X(n)
 * = n / (1 + sigma (n - 1) + kappa n (n - 1)). Immutable.
 *
 * @param sigma share of the work that waits for a turn
 * @param kappa what each pair of connections costs each other; above 0, so that there is a maximum
 */
record UslCurve(double sigma, double kappa) {
  double at(double connections) {
    return 1000
        * connections
        / (1 + sigma * (connections - 1) + kappa * connections * (connections - 1));
  }

  /** The best whole number of connections up to {@code ceiling}. */
  int best(int ceiling) {
    int best = 1;
    for (int n = 2; n <= ceiling; n++) {
      best = at(n) > at(best) ? n : best;
    }
    return best;
  }
}
