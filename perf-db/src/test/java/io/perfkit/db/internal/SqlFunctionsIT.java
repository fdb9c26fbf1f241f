package io.perfkit.db.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The server's catalog says of each function what the lists say. */
@RealPostgres
final class SqlFunctionsIT {
  private final TestDatabase database;

  SqlFunctionsIT(TestDatabase database) {
    this.database = database;
  }

  @Test
  void noFunctionThatIsListedMayWriteAndTheSteadyOnesAreImmutable() throws SQLException {
    assertThat(functions(SqlFunctions.steady(), "v")).isEmpty();
    assertThat(functions(SqlFunctions.stable(), "v")).isEmpty();
    assertThat(functions(SqlFunctions.steady(), "s"))
        .containsExactly("length(bytea,name)"); // as long as the encoding is the same
    assertThat(functions(Set.of("nextval"), "v")).isNotEmpty();
  }

  private List<String> functions(Set<String> names, String volatility) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select oid::regprocedure from pg_proc where proname = any (?)"
                    + " and provolatile = ? and pronamespace = 'pg_catalog'::regnamespace")) {
      Array array = connection.createArrayOf("text", names.toArray());
      select.setArray(1, array);
      select.setString(2, volatility);
      List<String> found = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
      return found;
    }
  }
}
