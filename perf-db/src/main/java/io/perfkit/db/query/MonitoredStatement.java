package io.perfkit.db.query;

import io.perfkit.db.internal.DelegatingStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A statement that times its executions and counts the rows read or changed. One thread at a time,
 * as the driver's statement.
 */
class MonitoredStatement<S extends Statement> extends DelegatingStatement<S>
    implements ParameterKinds {
  private static final int NOTHING_OPEN = -1;
  private static final int ROWS_MAX = 1 << 30;

  /** Stands for the hash of a batch, whatever its parameters. */
  private static final int BATCH = 0x5eed_ba7c;

  /* Each statement of the application makes one of these, so it is kept small: 40 bytes with the
   * fields of the subclasses. What a result needs stands here, because it may never be closed. */

  private final ConnectionExecutions executions;
  private Query query;
  private int rows = NOTHING_OPEN;
  private int openSince;

  MonitoredStatement(S delegate, ConnectionExecutions executions, Query query) {
    super(delegate);
    this.executions = executions;
    this.query = query;
  }

  /** A call of the driver's statement. */
  interface Execution<S, T> {
    T on(S statement) throws SQLException;
  }

  /**
   * Runs the current query.
   *
   * @param hash of its parameters
   */
  final <T> T run(int hash, Execution<? super S, T> execution) throws SQLException {
    if (rows != NOTHING_OPEN) {
      settle();
    }
    Query current = query;
    executions.willRun(current);
    long start = executions.begin(current);
    try {
      T result = execution.on(delegate);
      openSince = executions.succeeded(this, current, hash, hash == BATCH, start);
      executions.ran(null);
      rows = 0;
      return result;
    } catch (SQLException | RuntimeException | Error e) {
      failed(current, start, e);
      throw e;
    }
  }

  private <T> T run(String sql, Execution<? super S, T> execution) throws SQLException {
    settle(); // what ran before
    query = executions.query(sql);
    return run(sql.hashCode(), execution);
  }

  private void failed(Query failed, long start, Throwable failure) {
    executions.failed(this, failed, start, failure);
    executions.ran(failure);
  }

  /** Of several texts in a batch only the last one is known. */
  void willRunBatch() {
    executions.willWriteAny();
  }

  /** A change of a row through an updatable result. */
  interface RowChange {
    void run() throws SQLException;
  }

  final void changeRow(RowChange change) throws SQLException {
    executions.willWriteAny();
    try {
      change.run();
      executions.ran(null);
    } catch (SQLException | RuntimeException | Error e) {
      executions.ran(e);
      throw e;
    }
  }

  /** Wraps the result of the last execution. */
  final ResultSet rows(ResultSet result) throws SQLException {
    return result.getFetchSize() == 0
        ? new CountingResultSet(result, this)
        : new FetchTimingResultSet(result, this, executions.nanos());
  }

  final int changed(int count) {
    rows = Math.max(0, count);
    openSince = 0;
    settle();
    return count;
  }

  final long changed(long count) {
    int unused = changed((int) Math.min(count, ROWS_MAX));
    return count;
  }

  final int[] changed(int[] counts) {
    long sum = 0;
    for (int count : counts) {
      sum += rowsOf(count);
    }
    long unused = changed(sum);
    return counts;
  }

  final long[] changed(long[] counts) {
    long sum = 0;
    for (long count : counts) {
      sum += rowsOf(count);
    }
    long unused = changed(sum);
    return counts;
  }

  /** A driver that rewrites a batch into one insert cannot count each row: at least one each. */
  private long rowsOf(long count) {
    boolean inserted = count == SUCCESS_NO_INFO && query.operation() == Operation.INSERT;
    return inserted ? 1 : Math.max(0, count);
  }

  /** A row was read. */
  final void row() {
    if (++rows == ROWS_MAX) {
      query.stats().rows(rows);
      rows = 0;
    }
  }

  final void fetched(long nanos) {
    query.stats().fetched(nanos);
  }

  /** Accounts for the result of the last execution, if not done yet. */
  final void settle() {
    if (rows > 0) {
      query.stats().rows(rows);
      executions.read(query, rows);
    }
    if (openSince != 0) {
      query.stats().read(executions.nanosSince(openSince));
      openSince = 0;
    }
    rows = NOTHING_OPEN;
  }

  private void changedOrNot(long count) {
    if (rows != NOTHING_OPEN && count > rows) { // negative if there is no count
      rows = (int) Math.min(count, ROWS_MAX);
    }
  }

  @Override
  public String parameters() {
    return "[]";
  }

  @Override
  public int parameterCount() {
    return -1;
  }

  @Override
  public final @Nullable Connection getConnection() throws SQLException {
    return delegate.getConnection() == null
        ? null
        : executions.connection(); // a closed one may have none
  }

  @Override
  public final void close() throws SQLException {
    try {
      delegate.close();
    } finally {
      if (rows != NOTHING_OPEN) {
        settle();
      }
    }
  }

  @Override
  public final @Nullable ResultSet getResultSet() throws SQLException {
    ResultSet result = delegate.getResultSet();
    return result == null ? null : rows(result);
  }

  @Override
  public final ResultSet getGeneratedKeys() throws SQLException {
    return new MonitoredResultSet(delegate.getGeneratedKeys(), this);
  }

  @Override
  public final int getUpdateCount() throws SQLException {
    int count = delegate.getUpdateCount();
    changedOrNot(count);
    return count;
  }

  @Override
  public final long getLargeUpdateCount() throws SQLException {
    long count = delegate.getLargeUpdateCount();
    changedOrNot(count);
    return count;
  }

  @Override
  public final ResultSet executeQuery(String sql) throws SQLException {
    return rows(run(sql, statement -> statement.executeQuery(sql)));
  }

  @Override
  public final boolean execute(String sql) throws SQLException {
    return run(sql, statement -> statement.execute(sql));
  }

  @Override
  public final boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
    return run(sql, statement -> statement.execute(sql, autoGeneratedKeys));
  }

  @Override
  public final boolean execute(String sql, int[] columnIndexes) throws SQLException {
    return run(sql, statement -> statement.execute(sql, columnIndexes));
  }

  @Override
  public final boolean execute(String sql, String[] columnNames) throws SQLException {
    return run(sql, statement -> statement.execute(sql, columnNames));
  }

  @Override
  public final int executeUpdate(String sql) throws SQLException {
    int count = run(sql, statement -> statement.executeUpdate(sql));
    return changed(count);
  }

  @Override
  public final int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
    int count = run(sql, statement -> statement.executeUpdate(sql, autoGeneratedKeys));
    return changed(count);
  }

  @Override
  public final int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
    int count = run(sql, statement -> statement.executeUpdate(sql, columnIndexes));
    return changed(count);
  }

  @Override
  public final int executeUpdate(String sql, String[] columnNames) throws SQLException {
    int count = run(sql, statement -> statement.executeUpdate(sql, columnNames));
    return changed(count);
  }

  @Override
  public final long executeLargeUpdate(String sql) throws SQLException {
    long count = run(sql, statement -> statement.executeLargeUpdate(sql));
    return changed(count);
  }

  @Override
  public final long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
    long count = run(sql, statement -> statement.executeLargeUpdate(sql, autoGeneratedKeys));
    return changed(count);
  }

  @Override
  public final long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
    long count = run(sql, statement -> statement.executeLargeUpdate(sql, columnIndexes));
    return changed(count);
  }

  @Override
  public final long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
    long count = run(sql, statement -> statement.executeLargeUpdate(sql, columnNames));
    return changed(count);
  }

  @Override
  public void addBatch(String sql) throws SQLException {
    delegate.addBatch(sql);
    query = executions.query(sql); // a batch of several texts counts as its last one
  }

  @Override
  public final int[] executeBatch() throws SQLException {
    willRunBatch();
    return changed(run(BATCH, Statement::executeBatch));
  }

  @Override
  public final long[] executeLargeBatch() throws SQLException {
    willRunBatch();
    return changed(run(BATCH, Statement::executeLargeBatch));
  }
}
