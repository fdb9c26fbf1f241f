package io.perfkit.db.page;

import static java.util.stream.Collectors.joining;

import io.perfkit.db.internal.Parameters;
import io.perfkit.db.page.Sort.Nulls;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The SQL statement of one page. Its condition has the form that lets an index in this order seek
 * to the position instead of scanning up to it:
 *
 * <pre>
 * (a, b) &gt; (?, ?)                                    all one way, no NULLs
 * a &lt;= ? AND (a &lt; ? OR (a = ? AND b &gt; ?))            both ways
 * the same, UNION ALL the rows where a IS NULL        where NULLs follow the values of a
 * </pre>
 *
 * One thread at a time.
 */
final class PageQuery {
  private final String query;
  private final List<Sort> order;
  private final int rows;
  private final StringBuilder sql = new StringBuilder();

  /** Values of the position's parameters, in the order of the text; null stands for the query's. */
  private final List<List<KeyValue>> parameters = new ArrayList<>();

  private PageQuery(String query, List<Sort> order, int rows) {
    this.query = query;
    this.order = order;
    this.rows = rows;
  }

  /** The first rows of an order. */
  static PageQuery first(String query, List<Sort> order, int rows) {
    PageQuery page = new PageQuery(query, order, rows);
    page.part("", List.of());
    return page;
  }

  /**
   * The first rows of an order that follow a position.
   *
   * @param order the order of the page; reversed for a page before the position
   */
  static PageQuery after(String query, List<Sort> order, KeysetPosition position, int rows) {
    PageQuery page = new PageQuery(query, order, rows);
    page.afterPosition(position);
    return page;
  }

  static String orderOf(List<Sort> order) {
    return order.stream().map(Sort::sql).collect(joining(", "));
  }

  String sql() {
    return sql.toString();
  }

  /** The same, with a last column that says whether a row equals the one before it. */
  String sqlThatComparesRows() {
    String same =
        order.stream()
            .map(
                sort ->
                    "lag(%1$s) OVER (ORDER BY %2$s) IS NOT DISTINCT FROM %1$s"
                        .formatted(sort.identifier(), orderOf(order)))
            .collect(joining(" AND "));
    return "SELECT page.*, %s FROM (%s) AS page ORDER BY %s".formatted(same, sql, orderOf(order));
  }

  /** Binds the query's own parameters, once for each of its copies, and those of the position. */
  void bind(PreparedStatement statement, Object... own) throws SQLException {
    int index = 0;
    for (List<KeyValue> ofPlace : parameters) {
      for (Object parameter : own) {
        Parameters.bind(statement, ++index, parameter);
      }
      for (KeyValue key : ofPlace) {
        Object value = key.value();
        if (value != null) {
          key.kind().bind(statement, ++index, value);
        }
      }
    }
  }

  private void afterPosition(KeysetPosition position) {
    List<KeyValue> keys = position.keys();
    Sort lead = order.get(0);
    KeyValue leadKey = keys.get(0);
    List<KeyValue> used = new ArrayList<>();
    if (uniform()) {
      String names = order.stream().map(Sort::identifier).collect(joining(", "));
      String marks = keys.stream().map(key -> "?").collect(joining(", "));
      part(
          "(%s) %s%s (%s)".formatted(names, after(lead), position.inclusive() ? "=" : "", marks),
          keys);
      return;
    }
    String rest = follows(0, position, used);
    if (!leadKey.isNull()) {
      used.add(0, leadKey);
      String bound = lead.identifier() + " " + after(lead) + "= ?";
      if (lead.nulls() == Nulls.LAST) {
        union(bound + " AND " + rest, used, lead.identifier() + " IS NULL");
      } else {
        part(bound + " AND " + rest, used);
      }
    } else if (lead.nulls() == Nulls.FIRST) {
      union(rest, used, lead.identifier() + " IS NOT NULL");
    } else {
      part(rest, used);
    }
  }

  private boolean uniform() {
    Sort lead = order.get(0);
    return order.stream()
        .allMatch(sort -> sort.nulls() == Nulls.NONE && sort.direction() == lead.direction());
  }

  private static String after(Sort sort) {
    return sort.isAscending() ? ">" : "<";
  }

  /**
   * Condition that a row follows the position by its columns from {@code index} on, given that
   * those before are equal. The caller reads NULLs of the first column in a separate part.
   */
  private String follows(int index, KeysetPosition position, List<KeyValue> used) {
    if (index == order.size()) {
      return position.inclusive() ? "TRUE" : "FALSE";
    }
    Sort sort = order.get(index);
    KeyValue key = position.keys().get(index);
    String column = sort.identifier();
    boolean apart = index == 0;
    if (key.isNull()) {
      String same = "(" + column + " IS NULL AND " + follows(index + 1, position, used) + ")";
      return sort.nulls() == Nulls.FIRST && !apart
          ? "(" + column + " IS NOT NULL OR " + same + ")"
          : same;
    }
    used.add(key);
    used.add(key);
    String later = column + " " + after(sort) + " ?";
    String nulls = sort.nulls() == Nulls.LAST && !apart ? " OR " + column + " IS NULL" : "";
    String same = column + " = ? AND " + follows(index + 1, position, used);
    return "(" + later + nulls + " OR (" + same + "))";
  }

  private void union(String condition, List<KeyValue> used, String others) {
    sql.append("SELECT * FROM ((");
    part(condition, used);
    sql.append(") UNION ALL (");
    part(others, List.of());
    sql.append(")) AS page");
    orderAndLimit();
  }

  private void part(String condition, List<KeyValue> used) {
    // on a line of its own, since the query may end in a comment
    sql.append("SELECT * FROM (").append(query).append("\n) AS page");
    sql.append(condition.isEmpty() ? "" : " WHERE ").append(condition);
    orderAndLimit();
    parameters.add(List.copyOf(used));
  }

  private void orderAndLimit() {
    sql.append(" ORDER BY ").append(orderOf(order));
    sql.append(" FETCH FIRST ").append(rows).append(" ROWS ONLY");
  }
}
