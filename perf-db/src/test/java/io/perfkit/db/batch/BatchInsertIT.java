package io.perfkit.db.batch;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import javax.sql.DataSource;

@RealPostgres
final class BatchInsertIT extends BatchInsertContract {
  private final DataSource dataSource;

  BatchInsertIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }
}
