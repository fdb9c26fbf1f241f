package io.perfkit.db.batch;

import java.util.Map;
import java.util.Optional;

/**
 * What the database reports of an acknowledged row as it stands after the write. Immutable.
 *
 * @param values by the names of {@link BatchTable.Builder#returning}, in the classes in which the
 *     driver reads them; a null is absent. Empty if no column was asked for, or if nothing was
 *     written for the row: its conflict was ignored, its condition was false, a trigger skipped it,
 *     or a repeated attempt found it written already
 */
public record StoredRow(Map<String, Object> values) {
  static final StoredRow NONE = new StoredRow(Map.of());

  public StoredRow {
    values = Map.copyOf(values);
  }

  /**
   * The value of a column, if there is one.
   *
   * @throws ClassCastException if it is of another class
   */
  public <T> Optional<T> value(String column, Class<T> type) {
    return Optional.ofNullable(values.get(column)).map(type::cast);
  }

  /** Omits the values, which may be data that must not reach a log. */
  @Override
  public String toString() {
    return "StoredRow" + values.keySet();
  }
}
