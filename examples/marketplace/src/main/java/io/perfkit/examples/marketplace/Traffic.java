package io.perfkit.examples.marketplace;

import java.util.concurrent.atomic.LongAdder;

/** Counts requests and what they cost in statements. Thread safe. */
final class Traffic {
  private final SqlCounter sql;
  private final LongAdder requests = new LongAdder();
  private final LongAdder reads = new LongAdder();
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
      reads.increment();
      if (sql.ofThisThread() == begun) {
        readsWithoutSql.increment();
      }
    }
  }

  long requests() {
    return requests.sum();
  }

  long statements() {
    return sql.total();
  }

  long reads() {
    return reads.sum();
  }

  long readsWithoutSql() {
    return readsWithoutSql.sum();
  }
}
