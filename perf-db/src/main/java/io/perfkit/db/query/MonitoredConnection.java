package io.perfkit.db.query;

import io.perfkit.db.internal.DelegatingConnection;
import io.perfkit.db.internal.SqlState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes monitored statements, and shows the watchdog which one runs. One thread at a time, as the
 * driver's connection; the watchdog reads what runs.
 */
final class MonitoredConnection extends DelegatingConnection {

  /* Invariants
   * M1  that something runs is written last and read first, so who sees it sees its query, start and
   *     thread, or those of a later one.
   * References are written only if they differ, which spares the barriers of the collector. */
  private static final VarHandle RUNNING;

  static {
    try {
      RUNNING =
          MethodHandles.lookup().findVarHandle(MonitoredConnection.class, "running", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Below that, the end of an execution is not looked up again to know how long it is held. */
  private static final long HELD_NANOS_MIN = 10_000;

  private static final int STAMP_BITS = 12;

  private final QueryMonitor monitor;

  @SuppressWarnings("unused") // by RUNNING
  private boolean running;

  private @Nullable Query runningQuery;
  private @Nullable Thread thread;
  private long startNanos;

  /** Of this connection since it was borrowed, or since its last transaction. */
  private @Nullable Repeats repeats;

  private TableVersions.@Nullable Writes writes;

  /** What was asked last, because in a loop it is asked again. */
  private String lastText = "";

  private @Nullable Query lastQuery;

  MonitoredConnection(Connection delegate, QueryMonitor monitor) {
    super(delegate);
    this.monitor = monitor;
  }

  Query query(String sql) {
    Query last = lastQuery;
    if (last != null && sql.equals(lastText) && !last.stats().retired()) {
      return last;
    }
    Query query = monitor.query(sql);
    lastText = sql;
    lastQuery = query;
    return query;
  }

  LongSupplier nanos() {
    return monitor.nanos();
  }

  /** Whether what a statement reads now was committed before, all of it. */
  boolean readsWhatIsCommitted() throws SQLException {
    return delegate.getAutoCommit() && (writes == null || !writes.isUnclear());
  }

  /** A statement that will be sent may write. */
  void willRun(Query query) {
    TableVersions.Writes own = writes();
    if (own != null) {
      own.begin(query);
    }
  }

  /** Something will be written that no text tells. */
  void willWriteAny() {
    TableVersions.Writes own = writes();
    if (own != null) {
      own.beginAny();
    }
  }

  private TableVersions.@Nullable Writes writes() {
    TableVersions versions = monitor.tables();
    if (writes == null && versions != null) {
      writes = versions.writes();
    }
    return writes;
  }

  /** A statement has ended, and with it what it wrote if each commits by itself. */
  void ran(@Nullable Throwable failure) {
    if (writes != null && !writes.isEmpty()) {
      doubt(writes, failure);
      if (commitsEach()) {
        endWrites();
      }
    }
  }

  private boolean commitsEach() {
    try {
      return delegate.getAutoCommit();
    } catch (SQLException closed) {
      return false; // so that its tables are left alone until it is given back
    }
  }

  private static void doubt(TableVersions.Writes writes, @Nullable Throwable failure) {
    if (failure != null && SqlState.leavesCommitInDoubt(failure)) {
      writes.doubt();
    }
  }

  private void endWrites() {
    if (writes != null && !writes.isUnclear()) {
      writes.end();
    }
  }

  private void transactionEnded(@Nullable Throwable failure) {
    if (writes != null) {
      doubt(writes, failure);
      endWrites();
    }
  }

  private void left() {
    if (writes != null) {
      writes.end();
    }
  }

  long begin(Query query) {
    if (query.callSite() == null) {
      query.callSite(monitor.callSite().find());
    }
    Thread runner = Thread.currentThread();
    if (runningQuery != query) {
      runningQuery = query;
    }
    if (thread != runner) {
      thread = runner;
    }
    long now = monitor.nanos().getAsLong();
    startNanos = now;
    RUNNING.setRelease(this, true); // M1
    return now;
  }

  /**
   * An execution has returned.
   *
   * @param hash of its parameters
   * @return when it ended, for {@link #nanosSince}; 0 if that is not needed
   */
  int succeeded(MonitoredStatement<?> statement, Query query, int hash, long start) {
    long took = end(statement, query, start);
    if (query.operation() == Operation.SELECT && monitor.looksForRepeats()) {
      repeats().executed(query, hash, took);
    }
    return took < HELD_NANOS_MIN ? 0 : stamp(start + took);
  }

  void failed(
      @Nullable MonitoredStatement<?> statement, Query query, long start, Throwable failure) {
    long unused = end(statement, query, start);
    query.stats().failed(failure);
  }

  private long end(@Nullable MonitoredStatement<?> statement, Query query, long start) {
    long took = monitor.nanos().getAsLong() - start;
    RUNNING.setRelease(this, false);
    query.stats().executed(took);
    if (monitor.isNoteworthy(took)) {
      monitor.note(statement, query, took);
    }
    return took;
  }

  private Repeats repeats() {
    UnitOfWork work = monitor.currentWork();
    if (work != null) {
      return work.repeats();
    }
    Repeats own = repeats;
    if (own == null) {
      own = monitor.newRepeats();
      repeats = own;
    }
    return own;
  }

  /** Rows of a query were read. */
  void read(Query query, int rows) {
    if (query.operation() == Operation.SELECT && monitor.mayBeParent(rows)) {
      repeats().read(query, rows);
    }
  }

  private void endScope() {
    if (repeats != null) {
      repeats.end();
    }
  }

  /** In 4 µs, so that an int lasts for hours; never 0. */
  private static int stamp(long nanos) {
    int stamp = (int) (nanos >>> STAMP_BITS);
    return stamp == 0 ? -1 : stamp;
  }

  long nanosSince(int stamp) {
    return Integer.toUnsignedLong((int) (monitor.nanos().getAsLong() >>> STAMP_BITS) - stamp)
        << STAMP_BITS;
  }

  /** What runs now, as the watchdog sees it; null if nothing does. */
  @Nullable Execution execution() {
    boolean runs = (boolean) RUNNING.getAcquire(this);
    Query query = runningQuery;
    Thread runner = thread;
    return !runs || query == null || runner == null
        ? null
        : new Execution(query, startNanos, runner);
  }

  /** An execution that is under way. */
  record Execution(Query query, long startNanos, Thread thread) {}

  private interface Ending {
    void of(Connection connection) throws SQLException;
  }

  private void end(String how, Ending ending) throws SQLException {
    Query query = query(how);
    long start = begin(query);
    try {
      ending.of(delegate);
      long unused = end(null, query, start);
      transactionEnded(null);
    } catch (SQLException | RuntimeException | Error e) {
      failed(null, query, start, e);
      transactionEnded(e);
      throw e;
    } finally {
      endScope();
    }
  }

  @Override
  public void commit() throws SQLException {
    end("commit", Connection::commit);
  }

  @Override
  public void rollback() throws SQLException {
    end("rollback", Connection::rollback);
  }

  @Override
  public void rollback(Savepoint savepoint) throws SQLException {
    delegate.rollback(savepoint);
  }

  @Override
  public void setAutoCommit(boolean autoCommit) throws SQLException {
    try {
      delegate.setAutoCommit(autoCommit); // which commits, if it changes anything
      if (autoCommit) {
        transactionEnded(null);
      }
    } catch (SQLException | RuntimeException | Error e) {
      transactionEnded(e);
      throw e;
    }
  }

  @Override
  public void close() throws SQLException {
    monitor.left(this);
    endScope();
    try {
      delegate.close();
    } finally {
      left(); // a pool and PostgreSQL roll back
    }
  }

  @Override
  public void abort(Executor executor) throws SQLException {
    monitor.left(this);
    delegate.abort(executor);
    left();
  }

  @Override
  public void setSchema(String schema) throws SQLException {
    sessionDiffers();
    delegate.setSchema(schema);
  }

  @Override
  public void setCatalog(String catalog) throws SQLException {
    sessionDiffers();
    delegate.setCatalog(catalog);
  }

  private void sessionDiffers() {
    TableVersions versions = monitor.tables();
    if (versions != null) {
      versions.turnOff();
    }
  }

  @Override
  public DatabaseMetaData getMetaData() throws SQLException {
    return MonitoredMetaData.of(delegate.getMetaData(), this);
  }

  private Statement monitored(Statement statement) {
    return new MonitoredStatement<>(statement, this, query(""));
  }

  private PreparedStatement monitored(PreparedStatement statement, String sql) {
    return new MonitoredPreparedStatement<>(statement, this, query(sql));
  }

  private CallableStatement monitored(CallableStatement statement, String sql) {
    return new MonitoredCallableStatement(statement, this, query(sql));
  }

  @Override
  public Statement createStatement() throws SQLException {
    return monitored(delegate.createStatement());
  }

  @Override
  public Statement createStatement(int resultSetType, int resultSetConcurrency)
      throws SQLException {
    return monitored(delegate.createStatement(resultSetType, resultSetConcurrency));
  }

  @Override
  public Statement createStatement(
      int resultSetType, int resultSetConcurrency, int resultSetHoldability) throws SQLException {
    return monitored(
        delegate.createStatement(resultSetType, resultSetConcurrency, resultSetHoldability));
  }

  @Override
  public PreparedStatement prepareStatement(String sql) throws SQLException {
    return monitored(delegate.prepareStatement(sql), sql);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
    return monitored(delegate.prepareStatement(sql, autoGeneratedKeys), sql);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
    return monitored(delegate.prepareStatement(sql, columnIndexes), sql);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
    return monitored(delegate.prepareStatement(sql, columnNames), sql);
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int resultSetType, int resultSetConcurrency)
      throws SQLException {
    return monitored(delegate.prepareStatement(sql, resultSetType, resultSetConcurrency), sql);
  }

  @Override
  public PreparedStatement prepareStatement(
      String sql, int resultSetType, int resultSetConcurrency, int resultSetHoldability)
      throws SQLException {
    return monitored(
        delegate.prepareStatement(sql, resultSetType, resultSetConcurrency, resultSetHoldability),
        sql);
  }

  @Override
  public CallableStatement prepareCall(String sql) throws SQLException {
    return monitored(delegate.prepareCall(sql), sql);
  }

  @Override
  public CallableStatement prepareCall(String sql, int resultSetType, int resultSetConcurrency)
      throws SQLException {
    return monitored(delegate.prepareCall(sql, resultSetType, resultSetConcurrency), sql);
  }

  @Override
  public CallableStatement prepareCall(
      String sql, int resultSetType, int resultSetConcurrency, int resultSetHoldability)
      throws SQLException {
    return monitored(
        delegate.prepareCall(sql, resultSetType, resultSetConcurrency, resultSetHoldability), sql);
  }
}
