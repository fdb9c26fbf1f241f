package io.perfkit.db.batch;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows that may have equal keys: one statement with the first row of each key, one with the
 * second, and so on, since a statement can't upsert a row twice. Immutable.
 */
final class InTurns<R> implements RowStatement<R> {
  private final RowStatement<R> each;

  InTurns(RowStatement<R> each) {
    this.each = each;
  }

  @Override
  public @Nullable String write(Connection connection, List<MergedRow<R>> rows)
      throws SQLException {
    if (rows.size() <= 1) {
      return each.write(connection, rows);
    }
    List<List<MergedRow<R>>> turns = new ArrayList<>();
    Map<@Nullable RowKey, Integer> seen = new HashMap<>();
    for (MergedRow<R> row : rows) {
      int turn = seen.merge(row.effective().key, 1, Integer::sum) - 1;
      if (turn == turns.size()) {
        turns.add(new ArrayList<>());
      }
      turns.get(turn).add(row);
    }
    String transaction = null;
    for (List<MergedRow<R>> turn : turns) {
      transaction = each.write(connection, turn);
    }
    return transaction;
  }

  @Override
  public void checkAtOnce(Connection connection) throws SQLException {
    each.checkAtOnce(connection);
  }

  @Override
  public Optional<CheckProbe<R>> probe(Connection connection) {
    return each.probe(connection);
  }

  @Override
  public List<Integer> equalKeys(Connection connection, List<MergedRow<R>> rows)
      throws SQLException {
    return each.equalKeys(connection, rows);
  }

  @Override
  public Fate fate(Connection connection, String transaction) throws SQLException {
    return each.fate(connection, transaction);
  }
}
