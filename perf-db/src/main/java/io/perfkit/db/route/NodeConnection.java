package io.perfkit.db.route;

import io.perfkit.db.internal.OwnSql;
import io.perfkit.db.internal.OwnWork;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A connection borrowed from a node's pool. It goes back with its settings restored, or not at all.
 * One thread at a time.
 */
final class NodeConnection {
  private static final String FORCED = "default_transaction_read_only";

  private final Node node;
  private final boolean reads;
  private final Connection connection;
  private final Runnable ended;
  private final Runnable back;
  private final Map<String, ConnectionSetting.Undo> undos = new LinkedHashMap<>();
  private boolean readOnlyTransaction;

  /**
   * @param reads whether it was taken for reads, on whatever node
   * @param ended called when a transaction on it has ended
   * @param back called when it is back
   */
  NodeConnection(Node node, boolean reads, Connection connection, Runnable ended, Runnable back) {
    this.node = node;
    this.reads = reads;
    this.connection = connection;
    this.ended = ended;
    this.back = back;
  }

  Node node() {
    return node;
  }

  boolean reads() {
    return reads;
  }

  Connection connection() {
    return connection;
  }

  void ended() {
    readOnlyTransaction = false;
    ended.run();
  }

  /** A savepoint was rolled back to, and with it settings of the transaction. */
  void rolledBackInPart() {
    readOnlyTransaction = false;
  }

  void make(ConnectionSetting setting) throws SQLException {
    if (!undos.containsKey(setting.key())) {
      undos.put(setting.key(), setting.undo(connection));
    }
    setting.make(connection);
  }

  /**
   * Makes the server's session read-only, also outside a transaction, where the driver does not
   * enforce {@code setReadOnly}. Two round trips, the first time.
   */
  void forceReadOnly() throws SQLException {
    if (undos.containsKey(FORCED)) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      String before;
      try (ResultSet row =
          statement.executeQuery(OwnSql.of("SHOW default_transaction_read_only"))) {
        row.next();
        before = row.getString(1);
      }
      undos.put(FORCED, () -> setDefaultReadOnly(before, ConnectionSetting.UNDO_SECONDS));
      setDefaultReadOnly("on", statement.getQueryTimeout());
    }
  }

  /**
   * Makes the transaction under way read-only, whatever the driver does for {@code setReadOnly}: a
   * replica may have been promoted. One round trip, the first time.
   */
  void forceReadOnlyTransaction() throws SQLException {
    if (!readOnlyTransaction) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(OwnSql.of("SET TRANSACTION READ ONLY"));
      }
      readOnlyTransaction = true;
    }
  }

  /** Ends what {@link #forceReadOnly} began. */
  void allowWrites() throws SQLException {
    ConnectionSetting.Undo undo = undos.remove(FORCED);
    if (undo != null) {
      undo.run();
    }
  }

  private void setDefaultReadOnly(String value, int seconds) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(seconds);
      statement.execute(OwnSql.of("SET default_transaction_read_only = " + value));
    }
  }

  /**
   * Undoes the settings, within a time of its own whatever the request has left, and gives the
   * connection back; if that fails, ends the connection.
   */
  void close() throws SQLException {
    try {
      if (!undos.isEmpty() && !connection.isClosed()) {
        OwnWork.run(this::undo);
      }
    } catch (SQLException | RuntimeException broken) {
      connection.abort(Runnable::run); // another one must not find what was set here
    } finally {
      try {
        connection.close();
      } finally {
        back.run();
      }
    }
  }

  private void undo() throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.rollback(); // to set auto-commit would commit
    }
    List<ConnectionSetting.Undo> latestFirst = new ArrayList<>(undos.values());
    Collections.reverse(latestFirst);
    for (ConnectionSetting.Undo each : latestFirst) {
      each.run();
    }
    if (!connection.getAutoCommit()) {
      connection.rollback();
    }
  }

  @Override
  public String toString() {
    return node.name;
  }
}
