package io.perfkit.db.query;

import io.perfkit.db.internal.SqlState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the executions of one borrowed connection: counts and times them, shows them to the
 * watchdog, and follows repeats and writes. One thread at a time, as the driver's connection; the
 * watchdog reads the running one.
 */
final class ConnectionExecutions implements Running {

  /* Invariants
   * M1  the running flag is written last and read first, so a thread that sees it also sees the
   *     query, start and thread of that execution, or of a later one.
   * References are written only if they differ, which avoids the collector's write barriers. */
  private static final VarHandle RUNNING;

  static {
    try {
      RUNNING =
          MethodHandles.lookup()
              .findVarHandle(ConnectionExecutions.class, "running", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Executions below that do not read the clock again for the hold time. */
  private static final long HELD_NANOS_MIN = 10_000;

  private static final int STAMP_BITS = 12;

  private final Executions executions;
  private final Connection delegate;
  private final Connection monitored;
  private final String source;

  @SuppressWarnings("unused") // by RUNNING
  private boolean running;

  private @Nullable Query runningQuery;
  private @Nullable Thread thread;
  private long startNanos;

  /** Repeats on this connection since it was borrowed, or since its last transaction. */
  private @Nullable RepeatDetector repeats;

  private TableVersions.@Nullable Writes writes;

  /** The last text, cached because a loop sends it again. */
  private String lastText = "";

  private @Nullable Query lastQuery;

  /**
   * Of one connection.
   *
   * @param monitored what its statements name as theirs
   * @param source the name of the data source
   */
  ConnectionExecutions(
      Executions executions, Connection delegate, Connection monitored, String source) {
    this.executions = executions;
    this.delegate = delegate;
    this.monitored = monitored;
    this.source = source;
  }

  Connection connection() {
    return monitored;
  }

  Query query(String sql) {
    Query last = lastQuery;
    if (last != null && sql.equals(lastText) && !last.stats().retired()) {
      return last;
    }
    Query query = executions.query(sql);
    lastText = sql;
    lastQuery = query;
    return query;
  }

  LongSupplier nanos() {
    return executions.nanos();
  }

  /** Whether a statement now reads only committed data. */
  boolean readsWhatIsCommitted() throws SQLException {
    return delegate.getAutoCommit() && (writes == null || !writes.isUnclear());
  }

  /** A statement that will be sent may write. */
  void willRun(Query query) {
    TableVersions.Writes own = writes();
    if (own != null && own.begin(query)) {
      sessionDiffers(query.toString());
    }
  }

  /** Something will be written that no SQL text shows. */
  void willWriteAny() {
    TableVersions.Writes own = writes();
    if (own != null) {
      own.beginAny();
    }
  }

  private TableVersions.@Nullable Writes writes() {
    TableVersions versions = executions.tables();
    if (writes == null && versions != null) {
      writes = versions.writes();
    }
    return writes;
  }

  /** A statement has ended, and in auto-commit mode its writes too. */
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

  void transactionEnded(@Nullable Throwable failure) {
    if (writes != null) {
      doubt(writes, failure);
      endWrites();
    }
  }

  void left() {
    if (writes != null) {
      writes.end();
    }
  }

  long begin(Query query) {
    if (query.callSite() == null) {
      query.callSite(executions.callSite());
    }
    Thread runner = Thread.currentThread();
    if (runningQuery != query) {
      runningQuery = query;
    }
    if (thread != runner) {
      thread = runner;
    }
    long now = executions.nanos().getAsLong();
    startNanos = now;
    RUNNING.setRelease(this, true); // M1
    return now;
  }

  /**
   * An execution has returned.
   *
   * @param hash of its parameters
   * @param batch whether it was one of several rows, so that it is no repeat of another
   * @return when it ended, for {@link #nanosSince}; 0 if that is not needed
   */
  int succeeded(ParameterKinds parameters, Query query, int hash, boolean batch, long start) {
    long took = end(parameters, query, start, null);
    UnitOfWork work = executions.currentWork();
    if (work != null) {
      work.executed(query);
    }
    if (!batch && executions.looksForRepeats() && query.operation() != Operation.OTHER) {
      repeats(work).executed(query, parameters, hash, took);
    }
    return took < HELD_NANOS_MIN ? 0 : stamp(start + took);
  }

  void failed(@Nullable ParameterKinds parameters, Query query, long start, Throwable failure) {
    long unused = end(parameters, query, start, failure);
    query.stats().failed(failure);
    UnitOfWork work = executions.currentWork();
    if (work != null) {
      work.executed(query);
    }
  }

  private long end(
      @Nullable ParameterKinds parameters, Query query, long start, @Nullable Throwable failure) {
    long took = executions.nanos().getAsLong() - start;
    RUNNING.setRelease(this, false);
    query.stats().executed(took);
    if (executions.isNoteworthy(took)) {
      String kinds = parameters == null ? "[]" : parameters.parameters();
      executions.note(query, kinds, took, source, failure);
    }
    return took;
  }

  private RepeatDetector repeats(@Nullable UnitOfWork work) {
    if (work != null) {
      return work.repeats();
    }
    RepeatDetector own = repeats;
    if (own == null) {
      own = executions.newRepeats();
      repeats = own;
    }
    return own;
  }

  /** Rows were read, or changed. */
  void read(Query query, int rows) {
    boolean counts =
        query.operation() == Operation.SELECT
            ? executions.mayBeParent(rows)
            : rows > 1 && executions.looksForRepeats();
    if (counts) {
      repeats(executions.currentWork()).read(query, rows);
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
    return Integer.toUnsignedLong((int) (executions.nanos().getAsLong() >>> STAMP_BITS) - stamp)
        << STAMP_BITS;
  }

  @Override
  public @Nullable Execution execution() {
    boolean runs = (boolean) RUNNING.getAcquire(this);
    Query query = runningQuery;
    Thread runner = thread;
    return !runs || query == null || runner == null
        ? null
        : new Execution(query, startNanos, runner);
  }

  /** The end of a transaction as the driver makes it. */
  interface Ending {
    void of(Connection connection) throws SQLException;
  }

  /** Ends a transaction, which is an execution too. */
  void end(String how, Ending ending) throws SQLException {
    Query query = query(how);
    long start = begin(query);
    try {
      ending.of(delegate);
      long unused = end(null, query, start, null);
      transactionEnded(null);
    } catch (SQLException | RuntimeException | Error e) {
      failed(null, query, start, e);
      transactionEnded(e);
      throw e;
    } finally {
      endScope();
    }
  }

  /** The connection is given back: nothing more is reported about it. */
  void closing() {
    executions.watchdog().forget(this);
    endScope();
  }

  /**
   * From now on the connection's session may differ from those of others.
   *
   * @param by what was done
   */
  void sessionDiffers(String by) {
    TableVersions versions = executions.tables();
    if (versions != null) {
      executions.sessionDiffers(versions.sessions(), delegate, by);
    }
  }

  @Override
  public String lastStatement() {
    Query last = runningQuery;
    return last == null ? "" : last.toString();
  }

  @Override
  public boolean isOf(Connection connection) {
    return delegate == connection || monitored == connection;
  }
}
