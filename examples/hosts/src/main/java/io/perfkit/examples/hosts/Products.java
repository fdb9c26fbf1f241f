package io.perfkit.examples.hosts;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** The table of the products. */
final class Products {
  private Products() {}

  /** Makes the table anew, with one product. */
  static void create(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS products");
      statement.execute("CREATE TABLE products (id bigint PRIMARY KEY, name text NOT NULL)");
      statement.execute("INSERT INTO products VALUES (1, 'tea')");
    }
  }
}
