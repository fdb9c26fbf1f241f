package io.perfkit.db.query;

/** Receives every finished execution, on the thread that executed it. */
@FunctionalInterface
public interface QueryListener {
  /** Must return fast: the caller waits. Exceptions are logged and go no further. */
  void executed(QueryExecution execution);
}
