package io.perfkit.db.batch;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

final class BatchInsertH2IT extends BatchInsertContract {
  private final JdbcDataSource dataSource = new JdbcDataSource();

  BatchInsertH2IT() {
    dataSource.setURL("jdbc:h2:mem:batch-insert;DB_CLOSE_DELAY=-1");
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }
}
