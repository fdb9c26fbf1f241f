package io.perfkit.db.batch;

import static java.util.stream.Collectors.joining;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Some columns of rows as array parameters of a PostgreSQL statement, one per column and a second
 * one, of texts, per point in time. Immutable.
 */
final class RowArrays<R> {
  private final List<ResolvedColumn<R>> columns;

  /** Positions of these columns in a row. */
  private final int[] positions;

  private RowArrays(ResolvedTable<R> table, IntStream positions) {
    this.columns = table.columns();
    this.positions = positions.toArray();
  }

  static <R> RowArrays<R> ofAll(ResolvedTable<R> table) {
    return new RowArrays<>(table, IntStream.range(0, table.columns().size()));
  }

  static <R> RowArrays<R> ofKey(ResolvedTable<R> table) {
    return new RowArrays<>(
        table,
        IntStream.range(0, table.columns().size()).filter(i -> table.columns().get(i).key()));
  }

  /** The columns' names, separated by commas. */
  String names() {
    return IntStream.of(positions)
        .mapToObj(i -> columns.get(i).quotedName())
        .collect(joining(", "));
  }

  /** Their values, selected from {@link #unnested}. */
  String values() {
    return IntStream.of(positions).mapToObj(this::value).collect(joining(", "));
  }

  /** Casts without a length: a length would truncate a value that the insert must refuse. */
  private String value(int i) {
    ResolvedColumn<R> column = columns.get(i);
    if (column.encoding() == Encoding.INSTANT) {
      return String.format(
          Locale.ROOT,
          "coalesce(timestamptz 'epoch' + c%1$d * interval '1 microsecond',"
              + " t%1$d::timestamptz)",
          i);
    }
    return column.encoding().needsCast() ? "c" + i + "::" + column.type().sqlType() : "c" + i;
  }

  /** The arrays' elements, for a select list: one row for each position in the arrays. */
  String unnested() {
    return IntStream.of(positions).mapToObj(this::unnested).collect(joining(", "));
  }

  private String unnested(int i) {
    Encoding encoding = columns.get(i).encoding();
    String elements = unnest(encoding.sentAs, "c" + i);
    return encoding == Encoding.INSTANT ? elements + ", " + unnest("text", "t" + i) : elements;
  }

  private static String unnest(String elementType, String name) {
    return "unnest(?::" + elementType + "[]) AS " + name;
  }

  /**
   * Sets the arrays.
   *
   * @param before number of the parameter before the first array
   * @return the number of the last one
   */
  int bind(PreparedStatement statement, int before, List<MergedRow<R>> rows) throws SQLException {
    Connection connection = statement.getConnection();
    int parameter = before;
    for (int i : positions) {
      Encoding encoding = columns.get(i).encoding();
      if (encoding == Encoding.INSTANT) {
        Object[] texts = hasText(rows, i) ? textsOnly(rows, i) : new String[0];
        statement.setArray(++parameter, connection.createArrayOf("int8", numbersOnly(rows, i)));
        statement.setArray(++parameter, connection.createArrayOf("text", texts));
      } else {
        Object[] column = column(rows, i, encoding);
        statement.setArray(++parameter, connection.createArrayOf(encoding.sentAs, column));
      }
    }
    return parameter;
  }

  private static <R> Object[] column(List<MergedRow<R>> rows, int index, Encoding encoding) {
    Class<?> type = encoding == Encoding.DECIMAL ? String.class : encoding.type;
    Object[] column = (Object[]) Array.newInstance(type, rows.size());
    for (int i = 0; i < column.length; i++) {
      Object value = rows.get(i).effective().values[index];
      column[i] = value instanceof BigDecimal number ? number.toString() : value;
    }
    return column;
  }

  private static <R> Object[] numbersOnly(List<MergedRow<R>> rows, int index) {
    Long[] numbers = new Long[rows.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = rows.get(i).effective().values[index] instanceof Long number ? number : null;
    }
    return numbers;
  }

  private static <R> Object[] textsOnly(List<MergedRow<R>> rows, int index) {
    String[] texts = new String[rows.size()];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = rows.get(i).effective().values[index] instanceof String text ? text : null;
    }
    return texts;
  }

  private static <R> boolean hasText(List<MergedRow<R>> rows, int index) {
    return rows.stream().anyMatch(row -> row.effective().values[index] instanceof String);
  }
}
