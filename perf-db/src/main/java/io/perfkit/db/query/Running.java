package io.perfkit.db.query;

import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** Shows the running execution of one connection to other threads. */
interface Running {
  /** Null if nothing runs. */
  @Nullable Execution execution();

  /** The fingerprint that runs or ran last; empty if none did. */
  String lastStatement();

  /** Whether it is that connection, or wraps it. */
  boolean isOf(Connection connection);

  /** An execution that is under way. */
  record Execution(Query query, long startNanos, Thread thread) {}
}
