package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.RowMapper;
import io.perfkit.db.internal.Parameters;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A query whose results a {@link QueryCache} keeps. Thread safe.
 *
 * @param <T> the object that a row is mapped to; shared between callers, so it should be immutable
 */
public final class CachedQuery<T> {
  /** Texts that PostgreSQL reads as a time relative to the call. */
  private static final Set<String> TIMES = Set.of("now", "today", "tomorrow", "yesterday");

  private final QueryCache cache;
  private final String sql;
  private final RowMapper<T> mapper;
  private final Query query;
  private final boolean namesATime;

  CachedQuery(QueryCache cache, String sql, RowMapper<T> mapper) {
    this.cache = cache;
    this.sql = requireNonNull(sql, "sql");
    this.mapper = requireNonNull(mapper, "mapper");
    this.query = cache.query(sql);
    this.namesATime = namesATime(sql);
  }

  /** Whether a literal, not just a name or a comment, is such a text. */
  private static boolean namesATime(String sql) {
    SqlLexer lexer = new SqlLexer(sql, sql.length());
    for (Token token = lexer.next(); token != Token.END; token = lexer.next()) {
      String text = new String(lexer.text(), lexer.start(), lexer.end() - lexer.start());
      boolean hidden = text.indexOf('\\') >= 0; // an escape, which may stand for any letter
      if (token == Token.VALUE && (hidden || isATime(text))) {
        return true;
      }
    }
    return false;
  }

  /** PostgreSQL also finds the word within a longer text, as in {@code 'today 12:00'}. */
  private static boolean isATime(String text) {
    for (String word : text.toLowerCase(Locale.ROOT).split("[^a-z]+", -1)) {
      if (TIMES.contains(word)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Why results are not cached: a function that is not known to be repeatable, a view, a lock, a
   * word such as {@code current_date}. Empty if they are cached. A query that is not cached runs on
   * each call.
   */
  public Optional<String> uncacheable() throws SQLException {
    if (cache.isDisabled()) {
      return Optional.of("the cache is disabled");
    }
    return namesATime ? Optional.of("a text such as 'today'") : tables().uncacheable();
  }

  /**
   * All rows, from the cache or from the database over its own connection. No statement on a hit.
   * The list is unmodifiable.
   *
   * <p>A hit is not part of the caller's transaction. While a transaction writes a table of the
   * query, every call goes to the database.
   *
   * @param parameters as {@code setObject} takes them; results are cached if all are numbers,
   *     texts, Booleans, UUIDs or enums' names
   * @throws SQLException of the query
   */
  public List<T> list(@Nullable Object... parameters) throws SQLException {
    List<Object> given = new ArrayList<>(parameters.length);
    for (Object parameter : parameters) {
      given.add(parameter == null ? Nothing.INSTANCE : parameter);
    }
    return cache.list(this, List.copyOf(given));
  }

  /** Represents null in a key. */
  private enum Nothing {
    INSTANCE
  }

  SqlTables tables() throws SQLException {
    return cache.tables(query);
  }

  SqlTables tables(Catalog catalog) {
    return query.tables(catalog);
  }

  boolean isCacheable(List<Object> parameters) {
    return !namesATime && parameters.stream().allMatch(CachedQuery::isSteady);
  }

  private static boolean isSteady(Object parameter) {
    return (parameter instanceof String text && !isATime(text))
        || parameter instanceof Integer
        || parameter instanceof Long
        || parameter instanceof Short
        || parameter instanceof Double
        || parameter instanceof Float
        || parameter instanceof Boolean
        || parameter instanceof BigDecimal
        || parameter instanceof BigInteger
        || parameter instanceof UUID
        || parameter == Nothing.INSTANCE;
  }

  List<T> run(Connection connection, List<Object> parameters) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.size(); i++) {
        Object parameter = parameters.get(i);
        Parameters.bind(select, i + 1, parameter == Nothing.INSTANCE ? null : parameter);
      }
      List<T> rows = new ArrayList<>();
      try (ResultSet result = select.executeQuery()) {
        while (result.next()) {
          rows.add(mapper.map(result));
        }
      }
      return List.copyOf(rows);
    }
  }

  @Override
  public String toString() {
    return "CachedQuery[" + query + "]";
  }
}
