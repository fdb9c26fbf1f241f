package io.perfkit.db.page;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Counts and sums five million rows; for a JVM whose heap can't hold them. */
final class ReadManyRows {
  private static final String QUERY =
      "SELECT n, 'a row that takes some space' AS text FROM generate_series(1, 5000000) AS n";

  private ReadManyRows() {}

  /** Takes the way, {@code stream} or {@code plain}, then URL, user and password. */
  public static void main(String[] args) throws SQLException {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(args[1]);
    source.setUser(args[2]);
    source.setPassword(args[3]);
    System.out.println(args[0].equals("stream") ? stream(source) : plain(source));
  }

  private static String stream(DataSource source) throws SQLException {
    long[] countAndSum = new long[2];
    try (Stream<Long> rows = StreamingQuery.of(source).stream(QUERY, row -> row.getLong(1))) {
      rows.forEach(
          n -> {
            countAndSum[0]++;
            countAndSum[1] += n;
          });
    }
    return countAndSum[0] + " " + countAndSum[1];
  }

  /** What a fetch size without a transaction comes to. */
  private static String plain(DataSource source) throws SQLException {
    long count = 0;
    try (Connection connection = source.getConnection();
        PreparedStatement statement = connection.prepareStatement(QUERY)) {
      statement.setFetchSize(1_000);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          count++;
        }
      }
    }
    return Long.toString(count);
  }
}
