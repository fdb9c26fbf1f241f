package io.perfkit.db.query;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import javax.sql.DataSource;

@RealPostgres
final class TransparencyPostgresIT extends TransparencyContract {
  private final DataSource database;

  TransparencyPostgresIT(TestDatabase server) {
    database = server.dataSource();
  }

  @Override
  DataSource database() {
    return database;
  }
}
