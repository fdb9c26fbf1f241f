package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

/**
 * Settings of every connection when a caller gets it, whatever the previous caller changed with
 * JDBC's setters. Immutable.
 *
 * @param autoCommit default true
 * @param readOnly default false
 * @param isolation default {@code OF_THE_DATABASE}
 * @param schema sent to the driver's {@code setSchema}; empty for the database's own, the default
 * @param initSql a statement that each new connection runs once, before any caller gets it; empty
 *     for none, the default. Its settings hold until a caller changes them by SQL
 */
public record ConnectionDefaults(
    boolean autoCommit, boolean readOnly, Isolation isolation, String schema, String initSql) {

  /** The isolation of transactions. */
  public enum Isolation {
    /** The isolation that the role, the database or the driver's URL sets. */
    OF_THE_DATABASE,
    /** As {@link java.sql.Connection#TRANSACTION_READ_UNCOMMITTED}. */
    READ_UNCOMMITTED,
    /** As {@link java.sql.Connection#TRANSACTION_READ_COMMITTED}. */
    READ_COMMITTED,
    /** As {@link java.sql.Connection#TRANSACTION_REPEATABLE_READ}. */
    REPEATABLE_READ,
    /** As {@link java.sql.Connection#TRANSACTION_SERIALIZABLE}. */
    SERIALIZABLE
  }

  public ConnectionDefaults {
    requireNonNull(isolation, "isolation");
    requireNonNull(schema, "schema");
    requireNonNull(initSql, "initSql");
  }

  /**
   * JDBC's defaults for a new connection: auto-commit, writable, all else as the database sets it.
   */
  public static ConnectionDefaults defaults() {
    return new ConnectionDefaults(true, false, Isolation.OF_THE_DATABASE, "", "");
  }

  /** The same with auto-commit on or off. */
  public ConnectionDefaults withAutoCommit(boolean on) {
    return new ConnectionDefaults(on, readOnly, isolation, schema, initSql);
  }

  /** The same, read-only or not. */
  public ConnectionDefaults withReadOnly(boolean on) {
    return new ConnectionDefaults(autoCommit, on, isolation, schema, initSql);
  }

  /** The same with another isolation. */
  public ConnectionDefaults withIsolation(Isolation level) {
    return new ConnectionDefaults(autoCommit, readOnly, level, schema, initSql);
  }

  /** The same with another schema. */
  public ConnectionDefaults withSchema(String name) {
    return new ConnectionDefaults(autoCommit, readOnly, isolation, name, initSql);
  }

  /** The same with another statement for new connections. */
  public ConnectionDefaults withInitSql(String sql) {
    return new ConnectionDefaults(autoCommit, readOnly, isolation, schema, sql);
  }
}
