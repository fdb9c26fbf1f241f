package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.RowMapper;
import io.perfkit.db.internal.OwnSql;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Batch loading by key (DataLoader): loads the rows of many keys with one statement, which removes
 * an N+1. Immutable, thread safe; its units are not.
 *
 * <pre>{@code
 * BatchLoader<Long, User> users =
 *     BatchLoader.of(
 *         "select id, name from users where id = any(?)",
 *         "bigint",
 *         row -> row.getLong("id"),
 *         row -> new User(row.getLong("id"), row.getString("name")));
 * }</pre>
 *
 * @param <K> the key, as the driver takes it for an element of an array; keys are the same if they
 *     are equal in Java, or are numbers or texts that are equal by {@code keyType}
 * @param <V> the value that a row is mapped to
 */
public final class BatchLoader<K, V> {
  private static final int KEYS_MAX = 10_000;
  private static final String EQUAL =
      "select a.i, b.i from unnest(?) with ordinality a(k, i)"
          + " join unnest(?) with ordinality b(k, i) on a.k = b.k";

  private final String sql;
  private final String keyType;
  private final RowMapper<? extends K> key;
  private final RowMapper<? extends V> value;

  private BatchLoader(
      String sql, String keyType, RowMapper<? extends K> key, RowMapper<? extends V> value) {
    this.sql = requireNonNull(sql, "sql");
    this.keyType = requireNonNull(keyType, "keyType");
    this.key = requireNonNull(key, "key");
    this.value = requireNonNull(value, "value");
  }

  /**
   * A loader.
   *
   * @param sql a query with one parameter, which takes an array: {@code where id = any(?)}
   * @param keyType the database's name for the type of a key: {@code bigint}
   * @param key reads the key of a row; a key that was not requested is ignored
   * @param value reads the value of a row; of several rows with one key the last one counts
   */
  public static <K, V> BatchLoader<K, V> of(
      String sql, String keyType, RowMapper<? extends K> key, RowMapper<? extends V> value) {
    return new BatchLoader<>(sql, keyType, key, value);
  }

  /** Opens a unit of loads on a connection, which stays the caller's. */
  public Unit<K, V> on(Connection connection) {
    return new Unit<>(this, requireNonNull(connection, "connection"));
  }

  /** Loads the keys, with one statement for 10,000 keys. */
  private Map<K, V> load(Connection connection, List<K> keys) throws SQLException {
    Map<K, V> found = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      for (int from = 0; from < keys.size(); from += KEYS_MAX) {
        List<K> some = keys.subList(from, Math.min(keys.size(), from + KEYS_MAX));
        Array array = connection.createArrayOf(keyType, some.toArray());
        try {
          select.setArray(1, array);
          try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
              found.put(normal(key.map(rows)), value.map(rows));
            }
          }
        } finally {
          array.free();
        }
      }
    }
    return underTheKeysAskedFor(connection, keys, found);
  }

  /** Numbers are equal in the database whatever their trailing zeros. */
  @SuppressWarnings("unchecked") // a BigDecimal for a BigDecimal
  private static <K> K normal(K key) {
    return key instanceof BigDecimal number ? (K) number.stripTrailingZeros() : key;
  }

  /** A type such as citext may treat different texts as equal: then the database compares them. */
  private Map<K, V> underTheKeysAskedFor(Connection connection, List<K> keys, Map<K, V> found)
      throws SQLException {
    List<K> asked = keys.stream().filter(one -> !found.containsKey(normal(one))).toList();
    Set<K> all = new HashSet<>();
    keys.forEach(one -> all.add(normal(one)));
    List<K> got = found.keySet().stream().filter(one -> !all.contains(one)).toList();
    if (!asked.isEmpty() && !got.isEmpty() && got.get(0) instanceof String) {
      try (PreparedStatement select = connection.prepareStatement(OwnSql.of(EQUAL))) {
        select.setArray(1, connection.createArrayOf(keyType, asked.toArray()));
        select.setArray(2, connection.createArrayOf(keyType, got.toArray()));
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            V equal = found.get(got.get(rows.getInt(2) - 1));
            if (equal != null) {
              found.put(asked.get(rows.getInt(1) - 1), equal);
            }
          }
        }
      }
    }
    return found;
  }

  /**
   * The loads of one unit of work: collects keys, and loads them together when the first of their
   * values is needed. Requests a key once. One thread at a time.
   *
   * @param <K> the key
   * @param <V> the value
   */
  public static final class Unit<K, V> {
    private final BatchLoader<K, V> loader;
    private final Connection connection;
    private final Set<K> wanted = new LinkedHashSet<>();
    private final Map<K, Optional<V>> loaded = new HashMap<>();

    private Unit(BatchLoader<K, V> loader, Connection connection) {
      this.loader = loader;
      this.connection = connection;
    }

    /** Defers a key until the next value is needed. No statement. */
    public Deferred<K, V> defer(K key) {
      if (!loaded.containsKey(requireNonNull(key, "key"))) {
        wanted.add(key);
      }
      return new Deferred<>(this, key);
    }

    /**
     * The values of these keys. Also loads all deferred keys, with one statement for 10,000 keys,
     * or none if all are loaded. Keys without a row are absent.
     *
     * @throws SQLException of the statement; the keys stay deferred
     */
    public Map<K, V> all(Collection<? extends K> keys) throws SQLException {
      keys.forEach(this::defer);
      Map<K, V> values = new HashMap<>();
      for (K key : keys) {
        get(key).ifPresent(value -> values.put(key, value));
      }
      return values;
    }

    private Optional<V> get(K key) throws SQLException {
      Optional<V> known = loaded.get(key);
      if (known != null) {
        return known;
      }
      Map<K, V> found = loader.load(connection, new ArrayList<>(wanted));
      wanted.forEach(each -> loaded.put(each, Optional.ofNullable(found.get(normal(each)))));
      wanted.clear();
      return requireNonNull(loaded.get(key));
    }
  }

  /**
   * A value that is loaded when it is needed, together with others. One thread at a time.
   *
   * @param <K> the key
   * @param <V> the value
   */
  public static final class Deferred<K, V> {
    private final Unit<K, V> unit;
    private final K key;

    private Deferred(Unit<K, V> unit, K key) {
      this.unit = unit;
      this.key = key;
    }

    /**
     * The value, empty if there is none. Loads all deferred keys if this one is not loaded yet.
     *
     * @throws SQLException of the statement; a later call tries again
     */
    public Optional<V> get() throws SQLException {
      return unit.get(key);
    }
  }
}
