package io.perfkit.db.route;

import java.sql.SQLException;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Read-your-writes for one user or request: later reads see all writes that the session made
 * through its router, on whatever node they run. Bound to the thread that opened it until it is
 * closed; its {@link #token()} carries it to another thread, request or process.
 */
public final class CausalSession implements AutoCloseable {
  private final ReadYourWrites ownWrites;
  private final LongSupplier nanos;
  private final Placing placing;
  private final Runnable unbind;

  /** Finds the WAL position after a session's writes. */
  @FunctionalInterface
  interface Placing {
    void place(ReadYourWrites ownWrites) throws SQLException;
  }

  CausalSession(ReadYourWrites ownWrites, LongSupplier nanos, Placing placing, Runnable unbind) {
    this.ownWrites = ownWrites;
    this.nanos = nanos;
    this.placing = placing;
    this.unbind = unbind;
  }

  /**
   * A token for {@link Router#session(String)}: a session with it sees all that this one wrote, and
   * all that the token of this one promised. Empty if there is nothing to see. The token is a WAL
   * position and no secret: a forged one can only send the reads of its own session to the primary.
   *
   * <p>Costs nothing if the session did not write since the last poll of the primary, else one
   * statement on the primary.
   *
   * @throws SQLException if the primary can't be asked
   */
  public Optional<String> token() throws SQLException {
    placing.place(ownWrites);
    return ownWrites.mustSee().map(WalPosition::toString);
  }

  /**
   * From now on reads of this session see every commit on the primary before this call, including
   * those of other writers, such as a row that a batch writer has acknowledged. Sends no statement:
   * the session reads from the primary until the next poll, as after its own write.
   */
  public void includeCommitted() {
    ownWrites.wrote(nanos.getAsLong());
  }

  /**
   * Ends the session on this thread, which must be the one that opened it; the session that was
   * open before applies again.
   */
  @Override
  public void close() {
    unbind.run();
  }
}
