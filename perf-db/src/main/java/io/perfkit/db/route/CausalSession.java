package io.perfkit.db.route;

import java.sql.SQLException;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Read-your-writes for one user or request: all later reads see what was written in the session
 * through connections of its router, on whatever node they run. Bound to the thread that opened it
 * until it is closed; its {@link #token()} takes it to another thread, request or process.
 */
public final class CausalSession implements AutoCloseable {
  private final ReadYourWrites ownWrites;
  private final LongSupplier nanos;
  private final Placing placing;
  private final Runnable unbind;

  /** Finds out where the writes of a session end. */
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
   * What {@link Router#session(String)} takes, so that the session there sees all that this one
   * wrote, and all that its own token promised; empty if that is nothing. The token is a position
   * in the server's log and no secret: a forged one can send the reads of its own session to the
   * primary, and does no more.
   *
   * <p>Cost: none if the session did not write since the primary was polled last, else one
   * statement on the primary.
   *
   * @throws SQLException if the primary can't be asked
   */
  public Optional<String> token() throws SQLException {
    placing.place(ownWrites);
    return ownWrites.mustSee().map(WalPosition::toString);
  }

  /**
   * From now on the reads of this session see all that was committed on the primary before this
   * call, whoever wrote it: such as a row of the user that a batch writer has acknowledged. Costs
   * nothing: the session reads from the primary until it is polled next, as after a write of its
   * own.
   */
  public void includeCommitted() {
    ownWrites.wrote(nanos.getAsLong());
  }

  /**
   * Ends the session on this thread, which must be the one that opened it; the session that was
   * open before holds again.
   */
  @Override
  public void close() {
    unbind.run();
  }
}
