package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Maps rows of type {@code R} to the columns of a table: column names, each with the function that
 * gives its value. Immutable.
 *
 * <p>The database's catalog resolves names: an exact match first, else one that differs in case
 * only.
 */
public final class BatchTable<R> {
  private final String name;
  private final List<Column<R>> columns;
  private final @Nullable String updateWhere;
  private final List<String> returning;

  private BatchTable(
      String name, List<Column<R>> columns, @Nullable String updateWhere, List<String> returning) {
    this.returning = returning;
    this.name = name;
    this.columns = columns;
    this.updateWhere = updateWhere;
  }

  /** One column: its name, and the function that gives its value. */
  record Column<R>(
      String name,
      boolean key,
      boolean updated,
      Function<? super R, ? extends @Nullable Object> value) {
    Column {
      requireNonNull(name, "name");
      requireNonNull(value, "value");
      if (name.isBlank()) {
        throw new IllegalArgumentException("column: '" + name + "' (expected: a name)");
      }
    }
  }

  /**
   * A builder that has no column yet.
   *
   * @param table as in SQL, with its schema where needed: {@code shop.bets}
   */
  public static <R> Builder<R> named(String table) {
    return new Builder<>(table);
  }

  /**
   * A table whose columns are the components of a record; {@code placedAt} becomes {@code
   * placed_at}.
   *
   * @param keyColumns the columns of a unique index; none for an insert-only table
   * @throws IllegalArgumentException if the record has no such key column
   */
  public static <R extends Record> BatchTable<R> of(
      String table, Class<R> type, String... keyColumns) {
    Set<String> keys = Set.of(keyColumns);
    Builder<R> builder = named(table);
    for (RecordComponent component : type.getRecordComponents()) {
      component.getAccessor().setAccessible(true);
      String column =
          component.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
      Function<R, @Nullable Object> value = row -> read(component, row);
      if (keys.contains(column)) {
        builder.key(column, value);
      } else {
        builder.column(column, value);
      }
    }
    BatchTable<R> made = builder.build();
    List<String> names = made.columns.stream().map(Column::name).toList();
    for (String key : keyColumns) {
      if (!names.contains(key)) {
        throw new IllegalArgumentException("key: " + key + " (expected: one of " + names + ")");
      }
    }
    return made;
  }

  private static @Nullable Object read(RecordComponent component, Object row) {
    try {
      return component.getAccessor().invoke(row);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof RuntimeException failed) {
        throw failed;
      }
      throw new IllegalStateException("reading " + component.getName(), thrown.getCause());
    } catch (IllegalAccessException e) {
      throw new LinkageError("reading " + component, e);
    }
  }

  /** The table's name as it was given. */
  public String name() {
    return name;
  }

  List<Column<R>> columns() {
    return columns;
  }

  /** What an upsert asks before it updates a row; null if it always does. */
  @Nullable String updateWhere() {
    return updateWhere;
  }

  /** Columns that are reported of acknowledged rows. */
  List<String> returning() {
    return returning;
  }

  boolean hasKey() {
    return columns.stream().anyMatch(Column::key);
  }

  @Override
  public String toString() {
    return "BatchTable[" + name + ", " + columns.stream().map(Column::name).toList() + "]";
  }

  /** Collects columns. One thread at a time. */
  public static final class Builder<R> {
    private final String name;
    private final List<Column<R>> columns = new ArrayList<>();
    private @Nullable String updateWhere;
    private List<String> returning = List.of();

    private Builder(String name) {
      this.name = requireNonNull(name, "table");
      if (name.isBlank()) {
        throw new IllegalArgumentException("table: '" + name + "' (expected: a name)");
      }
    }

    /**
     * A column of the key, by which an upsert identifies the row. Its values must not be null. Rows
     * whose keys are equal in the database keep their order. Where Java cannot tell whether keys
     * are equal, one worker writes all rows that may be.
     */
    public Builder<R> key(String column, Function<? super R, ?> value) {
      columns.add(new Column<>(column, true, false, value));
      return this;
    }

    /** A column outside the key. */
    public Builder<R> column(String column, Function<? super R, ? extends @Nullable Object> value) {
      columns.add(new Column<>(column, false, true, value));
      return this;
    }

    /**
     * A column outside the key that only an insert sets: an upsert that finds the row leaves it as
     * it is. PostgreSQL.
     */
    public Builder<R> columnOnInsert(
        String column, Function<? super R, ? extends @Nullable Object> value) {
      columns.add(new Column<>(column, false, false, value));
      return this;
    }

    /**
     * Has an upsert update a row only if the condition holds; else the row stays and the new one
     * counts as flushed. PostgreSQL, with {@link OnConflict#UPDATE}. Rows of one key that wait
     * together are written one after the other, by as many statements as there are; a {@link
     * BatchWriter.Builder#merge merge} function makes them one.
     *
     * @param condition SQL without parameters, which calls the row in the table {@code existing}
     *     and the new one {@code excluded}: {@code existing.version < excluded.version}
     */
    public Builder<R> updateWhere(String condition) {
      updateWhere = requireNonNull(condition, "condition");
      return this;
    }

    /**
     * Has {@link BatchWriter#addAcknowledged} answer with these columns of the row as it stands
     * after the write, such as generated keys. PostgreSQL. A transaction with an acknowledged row
     * reads them for all its rows, in the same round trip; one in which some rows are skipped (by
     * {@link OnConflict#IGNORE}, a condition or a trigger) is bisected until each is known.
     */
    public Builder<R> returning(String... names) {
      returning = List.of(names);
      return this;
    }

    /**
     * The table.
     *
     * @throws IllegalArgumentException if there is no column, or two of one name
     */
    public BatchTable<R> build() {
      if (columns.isEmpty()) {
        throw new IllegalArgumentException("columns: none (expected: at least one)");
      }
      List<String> names = columns.stream().map(Column::name).toList();
      if (Set.copyOf(names).size() < names.size()) {
        throw new IllegalArgumentException("columns: " + names + " (expected: each once)");
      }
      return new BatchTable<>(name, List.copyOf(columns), updateWhere, returning);
    }
  }
}
