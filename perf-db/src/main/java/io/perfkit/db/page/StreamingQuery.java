package io.perfkit.db.page;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.RowMapper;
import io.perfkit.db.internal.Parameters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Streams large results in constant memory: the driver holds one fetch of rows at a time.
 * Immutable.
 */
public final class StreamingQuery {
  private static final int FETCH_SIZE = 1_000;

  private final DataSource dataSource;
  private final int fetchSize;

  private StreamingQuery(DataSource dataSource, int fetchSize) {
    if (fetchSize < 1 || fetchSize > 1_000_000) {
      throw new IllegalArgumentException("fetchSize: " + fetchSize + " (expected: 1 to 1000000)");
    }
    this.dataSource = requireNonNull(dataSource, "dataSource");
    this.fetchSize = fetchSize;
  }

  /** Fetches 1,000 rows at a time. */
  public static StreamingQuery of(DataSource dataSource) {
    return new StreamingQuery(dataSource, FETCH_SIZE);
  }

  /** The same with another fetch size, 1 to 1,000,000 rows for each round trip. */
  public StreamingQuery withFetchSize(int rows) {
    return new StreamingQuery(dataSource, rows);
  }

  /**
   * The rows of a query, in its order, fetched as the stream is read. Holds a connection and a
   * read-only transaction until the stream is closed or read to its end: use try-with-resources.
   * One thread at a time.
   *
   * @param parameters of the query, as for {@link PreparedStatement#setObject(int, Object)}
   * @return a stream that throws {@link StreamingFailed} if the database fails while it is read
   * @throws SQLException from the driver when the query begins; nothing stays open then
   */
  public <R> Stream<R> stream(String sql, RowMapper<? extends R> mapper, Object... parameters)
      throws SQLException {
    requireNonNull(sql, "sql");
    requireNonNull(mapper, "mapper");
    Lease lease = new Lease(dataSource.getConnection());
    try {
      ResultSet result = lease.query(sql, fetchSize, parameters);
      return StreamSupport.<R>stream(new Cursor<>(lease, result, mapper), false)
          .onClose(lease::close);
    } catch (SQLException | RuntimeException failed) {
      lease.close();
      throw failed;
    }
  }

  /** A connection while a result is read from it. */
  private static final class Lease {
    private final Connection connection;
    private @Nullable PreparedStatement running;
    private boolean autoCommit = true;
    private boolean readOnly;
    private boolean closed;

    Lease(Connection connection) {
      this.connection = connection;
    }

    /**
     * Each of these settings is needed by some driver, which would otherwise read the whole result.
     */
    ResultSet query(String sql, int fetchSize, Object... parameters) throws SQLException {
      readOnly = connection.isReadOnly();
      connection.setReadOnly(true);
      autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      PreparedStatement statement =
          connection.prepareStatement(sql, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
      statement.setFetchSize(fetchSize);
      running = statement;
      Parameters.bind(statement, parameters);
      return statement.executeQuery();
    }

    boolean isClosed() {
      return closed;
    }

    /** Throws nothing: the rows are read, and a broken connection is of no more use. */
    void close() {
      if (closed) {
        return;
      }
      closed = true;
      try {
        if (running != null) {
          running.close();
        }
        connection.rollback();
        connection.setAutoCommit(autoCommit);
        connection.setReadOnly(readOnly);
      } catch (SQLException | RuntimeException broken) {
        // Its pool finds out as well.
      }
      try {
        connection.close();
      } catch (SQLException | RuntimeException broken) {
        // As above.
      }
    }
  }

  /** The open result behind a stream; closes the lease at its end. */
  private static final class Cursor<R> extends AbstractSpliterator<R> {
    private final Lease lease;
    private final ResultSet result;
    private final RowMapper<? extends R> mapper;
    private long rows;

    Cursor(Lease lease, ResultSet result, RowMapper<? extends R> mapper) {
      super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
      this.lease = lease;
      this.result = result;
      this.mapper = mapper;
    }

    @Override
    public boolean tryAdvance(Consumer<? super R> action) {
      R row;
      try {
        if (lease.isClosed() || !result.next()) {
          lease.close();
          return false;
        }
        row = mapper.map(result);
      } catch (SQLException failed) {
        lease.close();
        throw new StreamingFailed(rows, failed);
      }
      rows++;
      action.accept(row);
      return true;
    }
  }
}
