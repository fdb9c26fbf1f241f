package io.perfkit.db.batch;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

final class BatchWriterH2IT extends BatchWriterContract {
  private final JdbcDataSource dataSource = new JdbcDataSource();

  BatchWriterH2IT() {
    // A worker of a test before may still hold its locks for a moment.
    dataSource.setURL("jdbc:h2:mem:batch;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000");
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }

  @Override
  String lockStatement() {
    return "INSERT INTO bets SELECT x, 'lock', 0 FROM system_range(0, 20)";
  }
}
