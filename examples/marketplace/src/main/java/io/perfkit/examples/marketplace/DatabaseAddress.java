package io.perfkit.examples.marketplace;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Properties;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where the database is and who may enter. Immutable; {@code toString} leaves the password and what
 * stands after the {@code ?} out.
 */
public record DatabaseAddress(String jdbcUrl, String user, String password) {
  private static final String JDBC = "jdbc:";

  /**
   * Reads {@code jdbc:postgresql://user:password@host:port/database}, with {@code jdbc:} or
   * without; what is special in a URL is percent-encoded in the user and the password.
   */
  public static DatabaseAddress parse(String url) {
    URI uri;
    try {
      uri = new URI(url.startsWith(JDBC) ? url.substring(JDBC.length()) : url);
    } catch (URISyntaxException e) {
      throw notAnAddress();
    }
    String login = uri.getRawUserInfo();
    if (!"postgresql".equals(uri.getScheme()) || uri.getHost() == null || login == null) {
      throw notAnAddress();
    }
    String[] parts = login.split(":", 2);
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return new DatabaseAddress(
        "jdbc:postgresql://" + uri.getHost() + port + uri.getRawPath() + query,
        decode(parts[0]),
        parts.length == 1 ? "" : decode(parts[1]));
  }

  /** Opens a pool with Hikari's defaults, whose connections find the schema of the example. */
  public HikariDataSource open() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(jdbcUrl);
    config.setUsername(user);
    config.setPassword(password);
    Properties driver = new Properties();
    driver.setProperty("currentSchema", Schema.NAME);
    config.setDataSourceProperties(driver);
    return new HikariDataSource(config);
  }

  /** Gives a new connection each time, which finds the schema of the example. */
  DataSource connections() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl);
    source.setUser(user);
    source.setPassword(password);
    source.setCurrentSchema(Schema.NAME);
    return source;
  }

  @Override
  public String toString() {
    return jdbcUrl.replaceFirst("\\?.*", "");
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
  }

  /* Without the cause and without the text: both hold the password. */
  private static IllegalArgumentException notAnAddress() {
    return new IllegalArgumentException(
        "PostgreSQL URL (expected: jdbc:postgresql://user:password@host/database)");
  }
}
