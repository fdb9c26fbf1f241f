package io.perfkit.db.batch;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link BatchTable} as resolved from the database: turns rows into encoded values and keys.
 * Immutable.
 */
final class ResolvedTable<R> {
  /** Represents a null in a key whose index treats all nulls as equal. */
  private enum NullPart {
    NULL
  }

  private final Database database;
  private final InsertTarget target;
  private final List<ResolvedColumn<R>> columns;
  private final OnConflict onConflict;
  private final @Nullable ConflictTarget conflictTarget;

  /** The columns by which rows keep their order; none for an insert-only table. */
  private final List<ResolvedColumn<R>> key;

  /** Positions in the key of values whose equality in the database Java can tell. */
  private final int[] comparable;

  /**
   * @param onConflict what happens to a row whose key is in the table
   * @param conflictTarget the index of the key; null if there is none, or if rows are only inserted
   */
  ResolvedTable(
      Database database,
      InsertTarget target,
      List<ResolvedColumn<R>> columns,
      OnConflict onConflict,
      @Nullable ConflictTarget conflictTarget) {
    this.conflictTarget = conflictTarget;
    this.database = database;
    this.target = target;
    this.columns = List.copyOf(columns);
    this.onConflict = onConflict;
    this.key =
        onConflict == OnConflict.REJECT
            ? List.of()
            : this.columns.stream().filter(ResolvedColumn::key).toList();
    this.comparable =
        IntStream.range(0, key.size()).filter(i -> isComparable(key.get(i))).toArray();
  }

  private boolean isComparable(ResolvedColumn<R> column) {
    boolean byExpression = conflictTarget != null && conflictTarget.byExpression();
    return column.type().isComparable() && !byExpression;
  }

  Database database() {
    return database;
  }

  InsertTarget target() {
    return target;
  }

  List<ResolvedColumn<R>> columns() {
    return columns;
  }

  /** Whether rows have a key, by which they are kept in order. */
  boolean hasKey() {
    return !key.isEmpty();
  }

  /** Whether Java can tell which keys are equal in the database. */
  boolean hasComparableKey() {
    return comparable.length == key.size();
  }

  /** The key columns, with their types, whose equality only the database can tell. */
  List<String> incomparableKey() {
    return key.stream()
        .filter(column -> !isComparable(column))
        .map(column -> column.name() + " " + column.type().shown())
        .toList();
  }

  /** Whether a row replaces the one of the same key. */
  boolean upsert() {
    return onConflict == OnConflict.UPDATE;
  }

  /** The conflict target after {@code ON CONFLICT}; empty if no key identifies a row. */
  Optional<String> conflictTargetSql() {
    return Optional.ofNullable(conflictTarget).map(ConflictTarget::sql);
  }

  /** The columns and expressions of the key's index; empty if no key identifies a row. */
  Optional<String> conflictExpressions() {
    return Optional.ofNullable(conflictTarget).map(ConflictTarget::expressions);
  }

  /** Whether the statement handles a row that is already in the table, so that it does not fail. */
  boolean resolvesConflicts() {
    return onConflict != OnConflict.REJECT;
  }

  /** Whether rows with equal keys are one row. */
  boolean isKeyUnique() {
    return conflictTarget == null || !conflictTarget.partial();
  }

  /** The condition under which an upsert updates a row; empty if it always does. */
  Optional<String> updateWhere() {
    return Optional.ofNullable(conflictTarget).map(ConflictTarget::updateWhere);
  }

  /**
   * A row that replaces an earlier one of its key, but for the columns that only an insert sets.
   */
  BufferedRow<R> replaced(BufferedRow<R> earlier, BufferedRow<R> later) {
    if (columns.stream().allMatch(column -> column.key() || column.updated())) {
      return later;
    }
    @Nullable Object[] values = later.values.clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = columns.get(i).updated() ? values[i] : earlier.values[i];
    }
    return later.recoded(this, values, later.key);
  }

  /** Whether the write is idempotent: a row that is written twice changes nothing. */
  boolean isRepeatable() {
    return resolvesConflicts() && hasKey() && isKeyUnique();
  }

  /**
   * The row in the form that the buffer holds. Exceptions of the columns' functions pass through.
   *
   * @throws IllegalArgumentException if a value does not fit its column, or a key is null
   */
  BufferedRow<R> pending(R row, long nowNanos) {
    @Nullable Object[] values = new Object[columns.size()];
    Object[] keyParts = new Object[key.size()];
    int bytes = 0;
    int keys = 0;
    for (int i = 0; i < values.length; i++) {
      ResolvedColumn<R> column = columns.get(i);
      Object given = column.given(row);
      Object value = column.encode(given);
      values[i] = value;
      bytes += value == null ? 1 : Encoding.bytes(value);
      if (hasKey() && column.key()) {
        keyParts[keys++] = keyPart(column, given, value);
      }
    }
    return new BufferedRow<>(this, row, values, hasKey() ? key(keyParts) : null, bytes, nowNanos);
  }

  /**
   * A row that was read for the table as it was before, in the form of now.
   *
   * @throws IllegalArgumentException if a value does not fit its column any more
   */
  BufferedRow<R> recoded(BufferedRow<R> before) {
    if (before.table == this) {
      return before;
    }
    @Nullable Object[] values = new Object[columns.size()];
    Object[] keyParts = new Object[key.size()];
    int keys = 0;
    for (int i = 0; i < values.length; i++) {
      ResolvedColumn<R> column = columns.get(i);
      Object value = recoded(column, before, i);
      values[i] = value;
      if (hasKey() && column.key()) {
        keyParts[keys++] = keyPart(column, value, value);
      }
    }
    return before.recoded(this, values, hasKey() ? key(keyParts) : null);
  }

  private @Nullable Object recoded(ResolvedColumn<R> column, BufferedRow<R> before, int i) {
    ColumnType former = before.table.columns.get(i).type();
    if (former.encoding().mayDrop() && !former.equals(column.type())) {
      try {
        return column.encode(column.given(before.row));
      } catch (RuntimeException unfit) {
        // Then what the former type made of it is all there is.
      }
    }
    return column.recode(former, before.values[i]);
  }

  private Object keyPart(ResolvedColumn<R> column, @Nullable Object given, @Nullable Object value) {
    boolean nullsEqual = conflictTarget != null && conflictTarget.nullsEqual();
    return value == null && nullsEqual ? NullPart.NULL : column.keyPart(given, value);
  }

  /** Whether the database describes both alike. */
  boolean isLike(ResolvedTable<R> before) {
    return target.equals(before.target)
        && columns.equals(before.columns)
        && Objects.equals(conflictTarget, before.conflictTarget);
  }

  /** Whether rows of one key keep their order if it replaces the table as it was. */
  boolean comparesKeysLike(ResolvedTable<R> before) {
    return keyForms().equals(before.keyForms());
  }

  /** The same table, whose rows are written although the columns have the types of the other. */
  ResolvedTable<R> writtenTo(ResolvedTable<R> now) {
    return with(target.withColumnTypes(now.target.columnTypes()));
  }

  /** The same table, written by statements without a name on the server. */
  ResolvedTable<R> behindPooler() {
    return with(target.behindPooler());
  }

  private ResolvedTable<R> with(InsertTarget other) {
    return new ResolvedTable<>(database, other, columns, onConflict, conflictTarget);
  }

  /** How keys are compared, and so which worker writes a key. */
  private List<String> keyForms() {
    return key.stream().map(column -> column.type().keyForm() + isComparable(column)).toList();
  }

  /** The columns, with their types, that differ from those of the table as it was. */
  List<String> columnsUnlike(ResolvedTable<R> before) {
    return columns.stream()
        .filter(column -> !before.columns.contains(column))
        .map(column -> column.name() + " " + column.type().shown())
        .toList();
  }

  private RowKey key(Object[] parts) {
    if (hasComparableKey()) {
      return new RowKey(parts);
    }
    Object[] known = new Object[comparable.length];
    for (int i = 0; i < known.length; i++) {
      known[i] = parts[comparable[i]];
    }
    return new RowKey(parts, known);
  }
}
