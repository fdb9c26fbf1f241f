package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A row that the writer gave up. Immutable.
 *
 * @param row the row as it was added, or the merged row of its key
 * @param reason why it was given up, and so whether it may be in the table
 * @param cause the database's last error; its message may quote values of the row
 */
public record Rejection<R>(R row, Reason reason, @Nullable Throwable cause) {

  /** Why a row was given up, and so whether it may be in the table. */
  public enum Reason {
    /** The database refuses this row, and this row only. It is not in the table. */
    REFUSED,
    /**
     * The database was out of reach for {@link BatchConfig#retryFor()}, or it timed out or lacked a
     * resource each time for this row alone. It is not in the table.
     */
    UNAVAILABLE,
    /**
     * The connection broke during the commit and nothing could tell later whether it took place.
     * The row is in the table or not.
     */
    OUTCOME_UNKNOWN,
    /** The function that merges rows of one key threw. It is not in the table. */
    MERGE_FAILED,
    /**
     * The writer has stopped, since the database refuses the statement for any row. It is not in
     * the table. Only a row that a caller waits for is given up for this reason.
     */
    STOPPED,
    /** It was not written by the time the writer had to be closed. It is not in the table. */
    CLOSED
  }

  public Rejection {
    requireNonNull(row, "row");
    requireNonNull(reason, "reason");
  }

  /** The SQLSTATE of the cause, if it has one. */
  public Optional<String> sqlState() {
    return cause instanceof SQLException failure
        ? Optional.ofNullable(failure.getSQLState())
        : Optional.empty();
  }

  /** Omits the row and the cause, which may hold data that must not reach a log. */
  @Override
  public String toString() {
    return "Rejection[" + reason + sqlState().map(state -> ", " + state).orElse("") + "]";
  }
}
