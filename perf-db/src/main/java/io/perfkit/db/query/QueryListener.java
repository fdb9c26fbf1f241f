package io.perfkit.db.query;

/** Is told of every execution that ended; runs on the thread that executed. */
@FunctionalInterface
public interface QueryListener {
  /** Returns fast: the caller waits. What it throws is logged and goes no further. */
  void executed(QueryExecution execution);
}
