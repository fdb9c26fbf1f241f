package io.perfkit.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The one PostgreSQL that all test classes of a JVM share: the one at {@code PERF_TEST_PG_URL}, or
 * else an embedded one. Immutable.
 */
final class SharedPostgres implements AutoCloseable {
  static final String URL = "PERF_TEST_PG_URL";

  private static final Pattern URL_FORM =
      Pattern.compile("(jdbc:postgresql://[^/?]*/)([^?]+)(?:\\?(.*))?");

  private final String adminDatabase;
  private final UnaryOperator<String> urlOf;
  private final String user;
  private final String password;
  private final Optional<PostgresProcess> own;

  private SharedPostgres(
      String adminDatabase,
      UnaryOperator<String> urlOf,
      String user,
      String password,
      Optional<PostgresProcess> own) {
    this.adminDatabase = adminDatabase;
    this.urlOf = urlOf;
    this.user = user;
    this.password = password;
    this.own = own;
  }

  /**
   * Starts or finds the server.
   *
   * @throws IllegalStateException if there is none; the message says how to give one
   */
  static SharedPostgres open(Map<String, String> environment) {
    String url = environment.get(URL);
    return url == null ? embedded() : at(url);
  }

  private static SharedPostgres embedded() {
    try {
      PostgresProcess postgres = PostgresProcess.start();
      return new SharedPostgres(
          "postgres",
          postgres::jdbcUrl,
          postgres.user(),
          postgres.password(),
          Optional.of(postgres));
    } catch (RuntimeException failed) {
      throw new IllegalStateException(
          "no PostgreSQL for tests: the embedded one did not start; give one with " + URL, failed);
    }
  }

  private static SharedPostgres at(String url) {
    Matcher parts = URL_FORM.matcher(url);
    if (!parts.matches()) {
      // The URL may hold a password, so the message does not quote it.
      throw new IllegalStateException(
          URL + " is no JDBC URL (expected: jdbc:postgresql://host:port/database?user=...)");
    }
    PGSimpleDataSource given = new PGSimpleDataSource();
    given.setUrl(url);
    try (Connection connection = given.getConnection()) {
      String server = parts.group(1);
      String options = withoutCredentials(Objects.requireNonNullElse(parts.group(3), ""));
      return new SharedPostgres(
          parts.group(2),
          database -> server + database + options,
          connection.getMetaData().getUserName(),
          Objects.requireNonNullElse(given.getPassword(), ""),
          Optional.empty());
    } catch (SQLException failed) {
      throw new IllegalStateException(
          "no PostgreSQL for tests: the one at " + URL + " does not answer", failed);
    }
  }

  private static String withoutCredentials(String options) {
    String others =
        Arrays.stream(options.split("&", -1))
            .filter(option -> !option.startsWith("user=") && !option.startsWith("password="))
            .collect(Collectors.joining("&"));
    return others.isEmpty() ? "" : "?" + others;
  }

  /** The JDBC URL of one database, without user and password. */
  String jdbcUrl(String database) {
    return urlOf.apply(database);
  }

  String user() {
    return user;
  }

  String password() {
    return password;
  }

  /** A new connection to one database each time, no pool. */
  DataSource dataSource(String database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl(database));
    source.setUser(user);
    source.setPassword(password);
    return source;
  }

  /** Runs one statement outside the databases of the tests. */
  void execute(String sql) {
    try (Connection connection = dataSource(adminDatabase).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException failed) {
      throw new IllegalStateException(sql, failed);
    }
  }

  @Override
  public void close() {
    own.ifPresent(PostgresProcess::close);
  }
}
