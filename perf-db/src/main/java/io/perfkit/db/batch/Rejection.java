package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A row that the writer gave up. Immutable.
 *
 * @param row as it was added, or as rows of its key were merged
 * @param reason whether the row may stand in the table
 * @param cause what the database said last; its message may quote values of the row
 */
public record Rejection<R>(R row, Reason reason, @Nullable Throwable cause) {

  /** Why a row was given up, and so whether it may stand in the table. */
  public enum Reason {
    /** The database refuses this row, alone. It is not in the table. */
    REFUSED,
    /**
     * The database was out of reach for {@link BatchConfig#retryFor()}, or the row alone took too
     * long each time. It is not in the table.
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
     * the table. Only a row that somebody waits for is given up then.
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

  /** Without the row and the cause, which may hold what a log must not. */
  @Override
  public String toString() {
    return "Rejection[" + reason + sqlState().map(state -> ", " + state).orElse("") + "]";
  }
}
