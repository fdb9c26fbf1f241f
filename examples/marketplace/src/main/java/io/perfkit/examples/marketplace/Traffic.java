package io.perfkit.examples.marketplace;

import java.util.concurrent.atomic.LongAdder;

/** Counts requests and what they cost in statements. Thread safe. */
final class Traffic {
  private final SqlCounter sql;
  private final LongAdder requests = new LongAdder();
  private final LongAdder reads = new LongAdder();
  private final LongAdder readStatements = new LongAdder();
  private final LongAdder readsWithoutSql = new LongAdder();

  Traffic(SqlCounter sql) {
    this.sql = sql;
  }

  /** Call when a request begins; {@link #answered} takes what it returns. */
  long begin() {
    return sql.ofThisThread();
  }

  /** Call on the thread that began the request. */
  void answered(boolean read, long begun) {
    requests.increment();
    if (read) {
      long statements = sql.ofThisThread() - begun;
      reads.increment();
      readStatements.add(statements);
      if (statements == 0) {
        readsWithoutSql.increment();
      }
    }
  }

  long requests() {
    return requests.sum();
  }

  long reads() {
    return reads.sum();
  }

  long readStatements() {
    return readStatements.sum();
  }

  long readsWithoutSql() {
    return readsWithoutSql.sum();
  }
}
