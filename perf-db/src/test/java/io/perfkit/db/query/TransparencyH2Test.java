package io.perfkit.db.query;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

final class TransparencyH2Test extends TransparencyContract {
  private final JdbcDataSource database = new JdbcDataSource();

  TransparencyH2Test() {
    database.setURL("jdbc:h2:mem:transparency;DB_CLOSE_DELAY=-1");
  }

  @Override
  DataSource database() {
    return database;
  }
}
