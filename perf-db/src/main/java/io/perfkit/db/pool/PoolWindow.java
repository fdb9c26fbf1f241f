package io.perfkit.db.pool;

/**
 * What was seen of a pool while it had one size. Immutable.
 *
 * @param size connections it could have
 * @param total connections it had at the end
 * @param completed connections given back
 * @param seconds how long it was
 * @param active mean number of connections in use
 * @param waiting mean number of callers that waited
 * @param refusals connections that the server refused for being full
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

  /** Whether the size, not the demand, decides how much is done. */
  boolean limited() {
    return completed > 0 && (waiting >= 1 || active >= FULL * size);
  }

  /** Whether half of the connections would do. */
  boolean low() {
    return waiting < NOBODY && active < LOW * size;
  }
}
