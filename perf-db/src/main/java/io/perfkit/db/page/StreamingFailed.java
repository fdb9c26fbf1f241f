package io.perfkit.db.page;

import io.perfkit.db.DbException;
import java.sql.SQLException;

/** The database failed while the caller read a stream. The stream is closed. */
public final class StreamingFailed extends DbException {
  StreamingFailed(long rows, SQLException cause) {
    super("the database failed after " + rows + " rows", cause);
  }
}
