package io.perfkit.db.page;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.RowMapper;
import io.perfkit.db.page.Sort.Nulls;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keyset pagination (the seek method): reads an ordered query page by page, where each page begins
 * after the key values of the last row, not at a row number. So page 10,000 costs what page 2
 * costs, given an index in this order, and inserted or deleted rows shift no page. All pages
 * together are the result in its order, each row once. Immutable; each call is one statement on the
 * caller's connection.
 */
public final class Keyset<R> {
  private static final int MAX_ROWS = 1_000;

  private final String query;
  private final RowMapper<? extends R> mapper;
  private final List<byte[]> secrets;
  private final List<Sort> order;
  private final int maxRows;
  private final CursorCodec cursors;

  /** Whether the database has confirmed that no column holds an unexpected NULL. */
  private volatile boolean checked;

  /**
   * Whether only the database can tell which values of the tie-break are equal, by a collation:
   * then the statement compares them.
   */
  private volatile boolean comparesRows;

  /** The order with the column names of the result; null until they are known. */
  private volatile @Nullable List<Sort> named;

  private Keyset(
      String query,
      RowMapper<? extends R> mapper,
      List<byte[]> secrets,
      List<Sort> order,
      int maxRows) {
    this.query = requireNonNull(query, "query");
    this.mapper = requireNonNull(mapper, "mapper");
    this.secrets = secrets.stream().map(byte[]::clone).toList();
    this.order = List.copyOf(order);
    this.maxRows = maxRows;
    this.cursors = new CursorCodec(this.secrets, this.order + "\n" + query);
    List<String> columns = order.stream().map(Sort::column).toList();
    if (columns.stream().distinct().count() < columns.size()) {
      throw new IllegalArgumentException("order: " + columns + " (expected: each column once)");
    }
    if (order.get(order.size() - 1).nulls() != Nulls.NONE) {
      throw new IllegalArgumentException(
          "tieBreak: " + order.get(order.size() - 1) + " (expected: one without NULLs)");
    }
    if (maxRows < 1 || maxRows > 1_000_000) {
      throw new IllegalArgumentException("maxRows: " + maxRows + " (expected: 1 to 1000000)");
    }
  }

  /**
   * A query in the order of one column.
   *
   * @param query a SELECT whose result has the columns of the order, without an order or limit of
   *     its own; it may have parameters
   * @param secret signs the cursors, at least 16 bytes; the same on all nodes
   * @param tieBreak a column that makes the order unique, such as the primary key; a page with two
   *     rows that the order does not distinguish fails
   */
  public static <R> Keyset<R> of(
      String query, RowMapper<? extends R> mapper, byte[] secret, Sort tieBreak) {
    return new Keyset<>(query, mapper, List.of(secret), List.of(tieBreak), MAX_ROWS);
  }

  /** The same with columns to order by before the tie-break. */
  public Keyset<R> orderBy(Sort... columns) {
    List<Sort> all = new ArrayList<>(List.of(columns));
    all.add(order.get(order.size() - 1));
    return new Keyset<>(query, mapper, secrets, all, maxRows);
  }

  /**
   * The same, which also accepts cursors signed with another secret. To change the secret, first
   * give all nodes the new one here, then sign with the new one and accept the old one here, and
   * drop the old one when no client has its cursors any more.
   */
  public Keyset<R> accepting(byte[] another) {
    List<byte[]> all = new ArrayList<>(secrets);
    all.add(another);
    return new Keyset<>(query, mapper, all, order, maxRows);
  }

  /** The same with another limit for the rows of a page, 1 to 1,000,000; default 1,000. */
  public Keyset<R> withMaxRows(int rows) {
    return new Keyset<>(query, mapper, secrets, order, rows);
  }

  /**
   * The columns that an index for these pages needs, after those that the query's conditions
   * compare: {@code placed_at DESC, id DESC}.
   */
  public String indexColumns() {
    return PageQuery.orderOf(order);
  }

  /**
   * The first page.
   *
   * @param rows most rows of the page
   * @param parameters of the query, as for {@link PreparedStatement#setObject(int, Object)}
   * @throws SQLException as the driver throws it
   * @throws IllegalArgumentException if {@code rows} is too large or not positive, or a column of
   *     the order may hold unexpected NULLs or has a type that cursors do not support
   * @throws IllegalStateException if the order does not distinguish two rows, or the page has an
   *     unexpected NULL
   */
  public Page<R> first(Connection connection, int rows, Object... parameters) throws SQLException {
    return end(connection, true, rows, parameters);
  }

  /** The last page; otherwise as {@link #first}. */
  public Page<R> last(Connection connection, int rows, Object... parameters) throws SQLException {
    return end(connection, false, rows, parameters);
  }

  /**
   * The page at a cursor.
   *
   * @param cursor {@link Page#next} or {@link Page#previous} of any page of this keyset
   * @throws CursorRefused if it is not
   * @throws SQLException as {@link #first}, whose other exceptions apply too
   */
  public Page<R> at(Connection connection, String cursor, int rows, Object... parameters)
      throws SQLException {
    requireRows(rows);
    KeysetPosition position = cursors.decode(requireNonNull(cursor, "cursor"), order.size());
    List<Sort> direction = direction(connection, position.forward());
    Found<R> found =
        read(
            connection,
            PageQuery.after(query, direction, position, rows + 1),
            rows,
            position.forward(),
            parameters);
    String back =
        cursors.encode(
            found.rows().isEmpty() ? position.otherSide() : found.position(!position.forward()));
    return found.page(cursors, position.forward(), Optional.of(back));
  }

  private Page<R> end(Connection connection, boolean forward, int rows, Object... parameters)
      throws SQLException {
    requireRows(rows);
    PageQuery first = PageQuery.first(query, direction(connection, forward), rows + 1);
    return read(connection, first, rows, forward, parameters)
        .page(cursors, forward, Optional.empty());
  }

  private void requireRows(int rows) {
    if (rows < 1 || rows > maxRows) {
      throw new IllegalArgumentException("rows: " + rows + " (expected: 1 to " + maxRows + ")");
    }
  }

  private List<Sort> direction(Connection connection, boolean forward) throws SQLException {
    List<Sort> known = named;
    if (known == null) {
      known = order.stream().allMatch(Sort::isPlain) ? order : named(connection);
      named = known;
    }
    return forward ? known : known.stream().map(Sort::reversed).toList();
  }

  /**
   * The order with the result's own column names: each database folds unquoted names its own way.
   */
  private List<Sort> named(Connection connection) throws SQLException {
    List<String> labels = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      ResultSetMetaData metaData = statement.getMetaData();
      for (int i = 1; metaData != null && i <= metaData.getColumnCount(); i++) {
        labels.add(metaData.getColumnLabel(i));
      }
    }
    List<Sort> all = new ArrayList<>();
    for (Sort sort : order) {
      String name = sort.column();
      all.add(
          sort.named(
              labels.stream()
                  .filter(name::equals)
                  .findFirst()
                  .or(() -> labels.stream().filter(name::equalsIgnoreCase).findFirst())
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              "column: " + name + " (expected: one of " + labels + ")"))));
    }
    return List.copyOf(all);
  }

  /**
   * The rows that were read.
   *
   * @param rows in the order of the keyset
   * @param keys of each of them
   * @param more whether there are more rows beyond them
   */
  private record Found<R>(List<R> rows, List<List<KeyValue>> keys, boolean more) {

    /** Position of the page after the last row, or before the first one. */
    KeysetPosition position(boolean forward) {
      return new KeysetPosition(forward, false, keys.get(forward ? keys.size() - 1 : 0));
    }

    Page<R> page(CursorCodec cursors, boolean forward, Optional<String> back) {
      Optional<String> on =
          more ? Optional.of(cursors.encode(position(forward))) : Optional.empty();
      return forward ? new Page<>(rows, on, back) : new Page<>(rows, back, on);
    }
  }

  private Found<R> read(
      Connection connection, PageQuery page, int rows, boolean forward, Object... parameters)
      throws SQLException {
    List<R> found = new ArrayList<>();
    List<List<KeyValue>> keys = new ArrayList<>();
    boolean more = false;
    boolean compares = comparesRows;
    String sql = compares ? page.sqlThatComparesRows() : page.sql();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      page.bind(statement, parameters);
      try (ResultSet result = statement.executeQuery()) {
        List<Column> columns = columns(connection, result);
        if (!compares && columns.get(columns.size() - 1).kind().hasCollation()) {
          comparesRows = true;
          return read(connection, page, rows, forward, parameters);
        }
        int last = result.getMetaData().getColumnCount();
        while (result.next()) {
          List<KeyValue> key = key(result, columns);
          if ((!keys.isEmpty() && keys.get(keys.size() - 1).equals(key))
              || (compares && result.getBoolean(last))) {
            throw new IllegalStateException(
                "order: two rows are equal in "
                    + order.stream().map(Sort::column).toList()
                    + " (expected: a tie-break that tells all rows apart)");
          }
          more = found.size() == rows;
          if (!more) {
            found.add(mapper.map(result));
            keys.add(key);
          }
        }
      }
    }
    if (!forward) {
      Collections.reverse(found);
      Collections.reverse(keys);
    }
    return new Found<>(found, keys, more);
  }

  /** A column of the order in a result. */
  private record Column(int index, KeyKind kind, Sort sort) {}

  private List<Column> columns(Connection connection, ResultSet result) throws SQLException {
    ResultSetMetaData metaData = result.getMetaData();
    List<Column> columns = new ArrayList<>();
    for (Sort sort : order) {
      int index = result.findColumn(sort.column());
      if (!checked
          && sort.nulls() == Nulls.NONE
          && metaData.isNullable(index) == ResultSetMetaData.columnNullable
          && isNullableInQuery(connection, sort.column())) {
        throw new IllegalArgumentException(
            sort.column() + ": may be NULL (expected: NOT NULL, or nullsFirst() or nullsLast())");
      }
      columns.add(new Column(index, KeyKind.of(metaData, index), sort));
    }
    checked = true;
    return columns;
  }

  /** Asks without a subquery: H2 reports every column of a subquery as nullable. */
  private boolean isNullableInQuery(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      ResultSetMetaData metaData = statement.getMetaData();
      for (int i = 1; metaData != null && i <= metaData.getColumnCount(); i++) {
        if (metaData.getColumnLabel(i).equalsIgnoreCase(name)) {
          return metaData.isNullable(i) == ResultSetMetaData.columnNullable;
        }
      }
      return true;
    }
  }

  private static List<KeyValue> key(ResultSet result, List<Column> columns) throws SQLException {
    List<KeyValue> keys = new ArrayList<>(columns.size());
    for (Column column : columns) {
      @Nullable Object value = column.kind().read(result, column.index());
      if (value == null && column.sort().nulls() == Nulls.NONE) {
        throw new IllegalStateException(
            column.sort().column()
                + ": NULL in a row (expected: none, or nullsFirst() or nullsLast())");
      }
      keys.add(new KeyValue(column.kind(), value));
    }
    return keys;
  }

  @Override
  public String toString() {
    return "Keyset[" + indexColumns() + "]";
  }
}
