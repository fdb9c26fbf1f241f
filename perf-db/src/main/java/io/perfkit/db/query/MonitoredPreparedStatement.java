package io.perfkit.db.query;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A monitored prepared statement: also tracks the kinds of its parameters, and whether they repeat.
 */
class MonitoredPreparedStatement<S extends PreparedStatement>
    extends ParameterTrackingStatement<S> {
  private static final int KIND_BITS = 3;
  private static final int KINDS_MAX = 10;
  private static final int KINDS = (1 << (KINDS_MAX * KIND_BITS)) - 1;
  private static final int MORE = 1 << 30;
  private static final int EXECUTED = 1 << 31;

  /** {@link ParameterKind#code} of the first ten in 3 bits each, and the two bits above. */
  private int kinds;

  private int hash;

  MonitoredPreparedStatement(S delegate, ConnectionExecutions executions, Query query) {
    super(delegate, executions, query);
  }

  @Override
  final void parameter(int index, ParameterKind kind, int valueHash) {
    if (kinds < 0) { // EXECUTED: these are for another execution
      kinds &= ~EXECUTED;
      hash = 0;
    }
    if (index > KINDS_MAX) {
      kinds |= MORE;
    } else if (index > 0) {
      int shift = (index - 1) * KIND_BITS;
      kinds = (kinds & ~(7 << shift)) | (kind.code() << shift);
    }
    hash += (valueHash * 31 + index) * 0x9E3779B9;
  }

  @Override
  final void parameter(int index, @Nullable Object value) {
    parameter(index, ParameterKind.of(value), ParameterKind.hash(value));
  }

  @Override
  final void parameter(String name, ParameterKind kind, int valueHash) {
    parameter(KINDS_MAX + 1, kind, valueHash * 31 + name.hashCode());
  }

  @Override
  final void parameter(String name, @Nullable Object value) {
    parameter(name, ParameterKind.of(value), ParameterKind.hash(value));
  }

  /** Hash of the parameters of this execution; those set from now on belong to the next. */
  private int parametersHash() {
    kinds |= EXECUTED;
    return hash;
  }

  @Override
  public final int parameterCount() {
    int highest = Integer.SIZE - Integer.numberOfLeadingZeros(kinds & KINDS);
    return (kinds & MORE) == 0 ? (highest + KIND_BITS - 1) / KIND_BITS : -1;
  }

  @Override
  public final String parameters() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < KINDS_MAX; i++) {
      int code = (kinds >>> (i * KIND_BITS)) & 7;
      if (code != 0) {
        text.append(i == 0 ? "" : ", ").append(ParameterKind.label(code));
      }
    }
    return text.append((kinds & MORE) == 0 ? "]" : ", …]").toString();
  }

  @Override
  final void willRunBatch() {
    // it is known, as for any other execution
  }

  @Override
  public final ResultSet executeQuery() throws SQLException {
    return rows(run(parametersHash(), PreparedStatement::executeQuery));
  }

  @Override
  public final boolean execute() throws SQLException {
    return run(parametersHash(), PreparedStatement::execute);
  }

  @Override
  public final int executeUpdate() throws SQLException {
    int count = run(parametersHash(), PreparedStatement::executeUpdate);
    return changed(count);
  }

  @Override
  public final long executeLargeUpdate() throws SQLException {
    long count = run(parametersHash(), PreparedStatement::executeLargeUpdate);
    return changed(count);
  }

  @Override
  public final void addBatch() throws SQLException {
    delegate.addBatch();
  }

  @Override
  public final void addBatch(String sql) throws SQLException {
    delegate.addBatch(sql);
  }
}
