package io.perfkit.db.pool;

/**
 * Measurements of a pool over one window of constant size. Immutable.
 *
 * @param size the pool's size
 * @param total connections open at the end
 * @param completed connections given back
 * @param seconds length of the window
 * @param active mean number of connections in use
 * @param waiting mean number of callers that waited
 * @param refusals connections refused because the server's limit was reached
 */
record PoolWindow(
    int size,
    int total,
    long completed,
    double seconds,
    double active,
    double waiting,
    long refusals) {
  private static final double FULL = 0.95;
  private static final double LOW = 0.5;
  private static final double NOBODY = 0.05;

  /** Connections given back per second. */
  double throughput() {
    return completed / seconds;
  }

  /** Whether the size, not the demand, limits the throughput. */
  boolean limited() {
    return completed > 0 && (waiting >= 1 || active >= FULL * size);
  }

  /** Whether half of the connections would suffice. */
  boolean low() {
    return waiting < NOBODY && active < LOW * size;
  }
}
