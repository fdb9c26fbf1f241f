package io.perfkit.db.route;

import java.sql.SQLException;
import java.util.Optional;

/**
 * Somebody who sees his own writes: what was written in it, through connections of its router, is
 * seen by all its later reads, wherever they go. Bound to the thread that opened it until it is
 * closed; its {@link #token()} takes it to another thread, request or process.
 */
public final class Session implements AutoCloseable {
  private final Router router;
  private final Horizon horizon;
  private final Runnable unbind;

  Session(Router router, Horizon horizon, Runnable unbind) {
    this.router = router;
    this.horizon = horizon;
    this.unbind = unbind;
  }

  /**
   * What {@link Router#session(String)} takes, to see all that this session wrote and saw promised;
   * empty if that is nothing. It holds a place in the server's log and nothing secret; who may
   * forge one can make the reads of his session go to the primary, and no more.
   *
   * <p>Cost: none if it did not write since the primary was polled last, else one statement on it.
   *
   * @throws SQLException if the primary can't be asked
   */
  public Optional<String> token() throws SQLException {
    router.place(horizon);
    return horizon.mustSee().map(Position::toString);
  }

  /**
   * Ends it on this thread, which must be the one that opened it; the session before it is back.
   */
  @Override
  public void close() {
    unbind.run();
  }
}
