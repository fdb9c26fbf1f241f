package io.perfkit.db.query;

import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** Shows what runs on one connection, to threads that watch it. */
interface Running {
  /** Null if nothing runs. */
  @Nullable Execution execution();

  /** The fingerprint of what runs, or ran last; empty if nothing did. */
  String lastStatement();

  /** Whether it is that connection, or stands before it. */
  boolean isOf(Connection connection);

  /** An execution that is under way. */
  record Execution(Query query, long startNanos, Thread thread) {}
}
