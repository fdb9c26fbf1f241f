package io.perfkit.db.internal;

/**
 * Marks the statements that this module sends for itself, such as catalog queries or polls of a
 * replica's position: a query monitor counts them apart from those of the application, and {@code
 * pg_stat_activity} shows an operator where they come from. Statements for rows of the host are not
 * marked.
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
