package io.perfkit.jobs;

import static io.perfkit.jobs.PostgresCalls.array;
import static io.perfkit.jobs.PostgresCalls.query;
import static io.perfkit.jobs.PostgresCalls.texts;
import static io.perfkit.jobs.PostgresCalls.update;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The holders of keys, within a transaction. Keys are locked in one order. */
final class PostgresKeys {
  private final int app;

  PostgresKeys(int app) {
    this.app = app;
  }

  /** Locks keys, which exist from then on. */
  void make(Connection connection, String queue, Set<String> keys) throws SQLException {
    int locked;
    do { // a key without jobs is deleted by whoever ends its last one
      update(connection, PostgresSql.MAKE_KEYS, app, queue, texts(keys));
      locked = lock(connection, queue, keys);
    } while (locked < keys.size());
  }

  /** Locks those keys that exist; returns their number. */
  int lock(Connection connection, String queue, Set<String> keys) throws SQLException {
    return query(connection, PostgresSql.LOCK_KEYS, row -> row.getInt(1), app, queue, texts(keys))
        .size();
  }

  /** One job for each element held that key, and has ended. */
  void free(Connection connection, String queue, List<String> held) throws SQLException {
    if (held.isEmpty()) {
      return;
    }
    List<Integer> ones = Collections.nCopies(held.size(), 1);
    update(
        connection,
        PostgresSql.FREE_KEYS,
        texts(held),
        array("int4", ones, one -> one),
        app,
        queue);
    grant(connection, queue, new TreeSet<>(held));
  }

  /** Makes the next jobs of locked keys ready. */
  void grant(Connection connection, String queue, Set<String> keys) throws SQLException {
    query(connection, PostgresSql.GRANT, row -> row.getLong(1), app, queue, texts(keys));
  }
}
