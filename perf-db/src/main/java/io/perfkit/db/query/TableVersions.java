package io.perfkit.db.query;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/**
 * Version counters of tables for cache invalidation, and the tables being written, as this process
 * sees them. Thread safe.
 *
 * <p>A table is busy from before a statement that may write it until its transaction has ended, and
 * then has a new version. A statement whose writes are not known counts as writing all tables.
 */
final class TableVersions {

  /* Invariants
   * T1  a table is busy before the first statement that writes it is sent, and until its version was
   *     raised after the end of the transaction; so between a commit and the new version it is busy.
   * T2  a version never falls. A stamp is a sum of versions, so equal stamps mean no change. */
  private static final int TABLES_MAX = 10_000;

  private final LongSupplier nanos;
  private final long doubtNanos;
  private final Table all = new Table();
  private final ConcurrentHashMap<String, Table> tables = new ConcurrentHashMap<>();
  private final AtomicInteger structure = new AtomicInteger();
  private final ReentrantLock reading = new ReentrantLock();
  private volatile long readAt;
  private volatile Known known = new Known(Catalog.EMPTY, -1);
  private final SessionSettings sessions = new SessionSettings();

  /** The catalog as it was before any later change of the structure. */
  private record Known(Catalog catalog, int structure) {}

  private static final class Table {
    final AtomicInteger writers = new AtomicInteger();
    final AtomicLong version = new AtomicLong();
    final AtomicLong doubtedUntil = new AtomicLong(Long.MIN_VALUE);
  }

  /**
   * At first nothing is written.
   *
   * @param doubtNanos how long a table stays busy after a commit with unknown outcome
   */
  TableVersions(LongSupplier nanos, long doubtNanos) {
    this.nanos = nanos;
    this.doubtNanos = doubtNanos;
  }

  /** Reads the catalog and the settings of a connection on which nothing was set. */
  void learn(Connection connection) throws SQLException {
    int before = structure.get();
    readAt = nanos.getAsLong();
    known = new Known(Catalog.of(connection), before);
    sessions.learn(connection);
  }

  /** As {@link #catalog}, and read again if others may have changed it since, once for a TTL. */
  Catalog recentCatalog(DataSource database) throws SQLException {
    if (nanos.getAsLong() - readAt >= doubtNanos) {
      structure.getAndIncrement();
    }
    return catalog(database);
  }

  /** The catalog, read again if the structure has changed. */
  Catalog catalog(DataSource database) throws SQLException {
    if (known.structure() != structure.get()) {
      reading.lock();
      try {
        readAgain(database);
      } finally {
        reading.unlock();
      }
    }
    return known.catalog();
  }

  private void readAgain(DataSource database) throws SQLException {
    int before = structure.get();
    if (known.structure() != before) { // nobody else did meanwhile
      try (Connection connection = database.getConnection()) {
        readAt = nanos.getAsLong();
        known = new Known(Catalog.of(connection), before);
      }
    }
  }

  /** What a query writes, as far as that is known without asking the database. */
  private SqlTables tablesOf(Query query) {
    Known now = known;
    SqlTables tables = query.tables(now.catalog());
    return now.structure() == structure.get() ? tables : tables.writingAny();
  }

  /** Session settings of connections, which outlive a loan from the pool. */
  SessionSettings sessions() {
    return sessions;
  }

  private Table table(String name) {
    Table table = tables.get(name);
    if (table != null) {
      return table;
    }
    return tables.size() >= TABLES_MAX ? all : tables.computeIfAbsent(name, key -> new Table());
  }

  /** The writes of one transaction, or of one auto-commit statement. One thread at a time. */
  final class Writes {
    private final Set<Table> written = new HashSet<>();
    private boolean structural;
    private boolean unclear;
    private boolean doubted;

    boolean isEmpty() {
      return written.isEmpty();
    }

    /**
     * Before a statement is sent that may write.
     *
     * @return whether the connection's session may differ afterwards
     */
    boolean begin(Query query) {
      SqlTables statement = tablesOf(query);
      structural |= statement.structure();
      unclear |= statement.transaction();
      if (statement.writesAny()) {
        begin(all);
      }
      statement.written().forEach(name -> begin(table(name)));
      return statement.session();
    }

    /** Before something is done that may write anything. */
    void beginAny() {
      begin(all);
    }

    /**
     * Whether a statement began or ended a transaction, so that it is not known what is committed.
     */
    boolean isUnclear() {
      return unclear;
    }

    private void begin(Table table) {
      if (written.add(table)) {
        table.writers.getAndIncrement();
      }
    }

    /** The server did not answer: the transaction may be committed at its end, or later. */
    void doubt() {
      doubted = true;
    }

    /** The transaction has ended, by a commit or not. */
    void end() {
      if (structural) {
        structure.getAndIncrement();
      }
      long until = nanos.getAsLong() + doubtNanos;
      for (Table table : written) {
        if (doubted) {
          table.doubtedUntil.accumulateAndGet(until, TableVersions::later);
        }
        table.version.getAndIncrement(); // T1: first the version
        table.writers.getAndDecrement();
      }
      written.clear();
      structural = false;
      doubted = false;
    }
  }

  private static long later(long a, long b) {
    return a == Long.MIN_VALUE || b - a > 0 ? b : a;
  }

  Writes writes() {
    return new Writes();
  }

  /** Invalidates everything that was read so far. */
  void advanceAll() {
    all.version.getAndIncrement();
  }

  /** Whether a result read with that stamp is still current. */
  boolean isCurrent(Collection<String> read, long stamp) {
    return stamp(read) == stamp && !isBusy(read); // T1: a commit after the stamp was taken is seen
  }

  /** The stamp of these tables now. */
  long stamp(Collection<String> read) {
    long sum = all.version.get();
    for (String name : read) {
      sum += table(name).version.get();
    }
    return sum;
  }

  /** Whether any of them is being written, or may be. */
  boolean isBusy(Collection<String> read) {
    if (isBusy(all)) {
      return true;
    }
    for (String name : read) {
      if (isBusy(table(name))) {
        return true;
      }
    }
    return false;
  }

  private boolean isBusy(Table table) {
    long until = table.doubtedUntil.get();
    return table.writers.get() > 0 || (until != Long.MIN_VALUE && until - nanos.getAsLong() > 0);
  }
}
