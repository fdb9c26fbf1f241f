package io.perfkit.db.internal;

/**
 * Marks the statements that this module sends for itself, such as a look into the catalog or at a
 * replica's position: a query monitor counts them apart from those of the application, and an
 * operator sees in {@code pg_stat_activity} whose they are. Rows that the host reads or writes
 * through this module are the host's, and not marked.
 */
public final class OwnSql {
  private static final String MARK = "/* perfkit */ ";

  private OwnSql() {}

  /** The same statement, marked. */
  public static String of(String sql) {
    return MARK + sql;
  }

  /** Whether the statement is marked. */
  public static boolean is(String sql) {
    return sql.startsWith(MARK);
  }
}
