package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Records the settings made through one routed connection, to replay them on each connection that
 * it takes. One thread at a time.
 */
final class RecordedSettings {
  private final List<ConnectionSetting> all = new ArrayList<>();

  /** The settings when the transaction began, if they have changed since. */
  private @Nullable List<ConnectionSetting> before;

  void record(ConnectionSetting setting, boolean inTransaction) {
    if (setting.isTransactional() && inTransaction && before == null) {
      before = List.copyOf(all);
    }
    all.removeIf(setting::replaces);
    all.add(setting);
  }

  /** All settings in the order of replay: auto-commit last, since it begins a transaction. */
  List<ConnectionSetting> all() {
    List<ConnectionSetting> ordered = new ArrayList<>(all);
    ordered.sort((one, other) -> Boolean.compare(isAutoCommit(one), isAutoCommit(other))); // stable
    return ordered;
  }

  private static boolean isAutoCommit(ConnectionSetting setting) {
    return setting.key().equals(ConnectionSetting.AUTO_COMMIT);
  }

  Optional<Integer> isolation() {
    return all.stream()
        .filter(setting -> setting.key().equals(ConnectionSetting.ISOLATION))
        .map(setting -> (Integer) requireNonNull(setting.arguments().get(0)))
        .findFirst();
  }

  /** Whether transactions are serializable, given the isolation of a connection as it is opened. */
  boolean isSerializable(Optional<Integer> unlessSet) {
    return isolation().or(() -> unlessSet).equals(Optional.of(Connection.TRANSACTION_SERIALIZABLE));
  }

  void committed() {
    before = null;
  }

  /** Drops the settings that the server undid with the rollback. */
  void rolledBack() {
    List<ConnectionSetting> then = before;
    if (then != null) {
      all.removeIf(ConnectionSetting::isTransactional);
      then.stream().filter(ConnectionSetting::isTransactional).forEach(all::add);
      before = null;
    }
  }
}
