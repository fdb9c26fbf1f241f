package io.perfkit.db.page;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

final class StreamingQueryH2IT extends StreamingQueryContract {
  private final JdbcDataSource dataSource = new JdbcDataSource();

  StreamingQueryH2IT() {
    dataSource.setURL("jdbc:h2:mem:rows;DB_CLOSE_DELAY=-1;LAZY_QUERY_EXECUTION=1");
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }

  @Override
  String numbers() {
    return "SELECT x AS n FROM system_range(1, ?)";
  }
}
