package io.perfkit.db.page;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

final class KeysetH2IT extends KeysetContract {
  private final JdbcDataSource dataSource = new JdbcDataSource();

  KeysetH2IT() {
    dataSource.setURL("jdbc:h2:mem:keyset;DB_CLOSE_DELAY=-1");
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }
}
