package io.perfkit.db.batch;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import javax.sql.DataSource;

@RealPostgres
final class BatchWriterIT extends BatchWriterContract {
  private final DataSource dataSource;

  BatchWriterIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }

  @Override
  String lockStatement() {
    return "LOCK TABLE bets IN EXCLUSIVE MODE";
  }
}
