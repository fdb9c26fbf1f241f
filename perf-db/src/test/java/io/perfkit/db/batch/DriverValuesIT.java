package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGStatement;
import org.postgresql.geometric.PGbox;
import org.postgresql.geometric.PGpoint;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/**
 * Every class of value that the driver's {@code setObject} takes, for every type of column, domain
 * and array of it: the writer writes what the driver writes, or refuses the value when it is added.
 */
@RealPostgres
final class DriverValuesIT {
  private static final List<String> TYPES =
      List.of(
          "smallint",
          "int",
          "bigint",
          "real",
          "float8",
          "numeric",
          "numeric(8,2)",
          "money",
          "oid",
          "boolean",
          "text",
          "varchar",
          "varchar(12)",
          "char(12)",
          "\"char\"",
          "name",
          "citext",
          "bytea",
          "date",
          "time",
          "time(2)",
          "timetz",
          "timestamp",
          "timestamp(0)",
          "timestamptz",
          "interval",
          "uuid",
          "json",
          "jsonb",
          "xml",
          "hstore",
          "inet",
          "point",
          "box",
          "bit(3)",
          "bit varying",
          "int4range",
          "tsvector",
          "mood",
          "pair");

  private static final List<String> TIMES =
      List.of("date", "time", "timetz", "timestamp", "timestamptz");

  private final Map<String, String> wrong = new TreeMap<>();
  private final Map<String, Integer> compared = new HashMap<>();
  private final DataSource dataSource;
  private final TimeZone zone = TimeZone.getDefault();

  DriverValuesIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @AfterEach
  void restoreTheZone() {
    TimeZone.setDefault(zone);
  }

  private record Cell(int id, Object value) {}

  @Test
  void writesWhatTheDriverWritesOrRefusesWhatIsAdded() throws SQLException {
    compareAll("UTC", TYPES);
    assertThat(compared.get("equal")).isGreaterThan(900);
  }

  @Test
  void doesSoEastOfGreenwich() throws SQLException {
    compareAll("Europe/Paris", TIMES);
  }

  @Test
  void doesSoWestOfGreenwich() throws SQLException {
    compareAll("America/New_York", TIMES);
  }

  private void compareAll(String zoneName, List<String> types) throws SQLException {
    TimeZone.setDefault(TimeZone.getTimeZone(zoneName));
    Bet.execute(dataSource, "DROP SCHEMA IF EXISTS cells_of CASCADE");
    for (String sql :
        List.of(
            "CREATE EXTENSION IF NOT EXISTS hstore",
            "CREATE EXTENSION IF NOT EXISTS citext",
            "DROP TYPE IF EXISTS pair, mood CASCADE",
            "CREATE TYPE pair AS (a int, b text)",
            "CREATE TYPE mood AS ENUM ('ok', 'bad')",
            "CREATE SCHEMA cells_of")) {
      Bet.execute(dataSource, sql);
    }
    try (Connection connection = dataSource.getConnection()) {
      List<Object> plain = plainValues();
      List<Object> arrays = arrayValues(connection);
      int number = 0;
      for (String type : types) {
        number++;
        String domain = "cells_of.d" + number;
        Bet.execute(dataSource, "CREATE DOMAIN " + domain + " AS " + type);
        Bet.execute(dataSource, "CREATE DOMAIN " + domain + "d AS " + domain);
        Bet.execute(dataSource, "CREATE DOMAIN " + domain + "a AS " + type + "[]");
        for (String column : List.of(type, domain, domain + "d")) {
          compare(connection, type, column, plain);
        }
        for (String column : List.of(type + "[]", domain + "[]", domain + "a")) {
          compare(connection, type + "[]", column, arrays);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private void compare(Connection connection, String type, String column, List<Object> values)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS by_driver, by_writer");
      statement.execute("CREATE TABLE by_driver (id int PRIMARY KEY, value " + column + ")");
      statement.execute("CREATE TABLE by_writer (id int PRIMARY KEY, value " + column + ")");
    }
    List<Integer> rejected = new ArrayList<>();
    List<Integer> refused = new ArrayList<>();
    BatchTable<Cell> table =
        BatchTable.<Cell>named("by_writer")
            .key("id", Cell::id)
            .column("value", Cell::value)
            .build();
    try (BatchWriter<Cell> writer =
        BatchWriter.create(dataSource, table, rejection -> rejected.add(rejection.row().id()))) {
      for (int i = 0; i < values.size(); i++) {
        try {
          writer.add(new Cell(i, values.get(i)));
        } catch (IllegalArgumentException refusal) {
          assertThat(refusal).hasMessageContaining("(expected: ");
          refused.add(i);
        }
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO by_driver VALUES (?, ?)")) {
      for (int i = 0; i < values.size(); i++) {
        if (refused.contains(i)) {
          compared.merge("refused", 1, Integer::sum);
          continue;
        }
        try {
          insert.setInt(1, i);
          insert.setObject(2, values.get(i));
          insert.executeUpdate();
        } catch (SQLException notTaken) {
          compared.merge("not taken by the driver", 1, Integer::sum);
        }
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT d.id, d.value::text, w.value::text, w.id IS NOT NULL FROM by_driver d"
                    + " LEFT JOIN by_writer w ON w.id = d.id")) {
      while (rows.next()) {
        int id = rows.getInt(1);
        String byDriver = rows.getString(2);
        String byWriter = rows.getBoolean(4) ? rows.getString(3) : "rejected";
        if (byDriver == null ? byWriter == null : byDriver.equals(byWriter)) {
          compared.merge("equal", 1, Integer::sum);
        } else {
          wrong.put(
              column + " (" + type + ") of " + shown(values.get(id)),
              byWriter + ", by the driver " + byDriver);
        }
      }
    }
  }

  private static String shown(Object value) {
    return value.getClass().getSimpleName() + " " + value;
  }

  private static List<Object> plainValues() throws SQLException {
    List<Object> values =
        new ArrayList<>(
            List.of(
                (short) 7,
                42,
                -3_000_000_000L,
                new BigInteger("12345678901234567890"),
                new BigDecimal("1.50"),
                new BigDecimal("1E+3"),
                new BigDecimal("2.345"),
                new BigDecimal("1E-50"),
                new BigDecimal("1E+60"),
                0.1f,
                1.2345679f,
                Float.parseFloat("3.0000001e10"),
                Float.NaN,
                4.0,
                0.1 + 0.2,
                123456.789,
                1e20,
                1.5e-5,
                1e300,
                1e-300,
                -0.0,
                Double.NaN,
                Double.POSITIVE_INFINITY));
    values.addAll(
        List.of(
            true,
            'c',
            "text",
            "x'\\\"{}",
            new byte[] {0x68, 0x69, 0, (byte) 0xff},
            UUID.fromString("00000000-0000-000A-0000-00000000000B"),
            Map.of("a", "1", "q\"\\", "x y"),
            object("jsonb", "{\"a\":1}"),
            object("json", "{\"a\":  1}"),
            object("inet", "10.0.0.1"),
            object("int4range", "[1,5)"),
            object("bit", "101"),
            object("varbit", "10"),
            object("tsvector", "b a"),
            object("pair", "(1,x)"),
            object("mood", "ok"),
            object("text", "typed"),
            object("citext", "Typed"),
            object("uuid", "00000000-0000-000A-0000-00000000000B"),
            object("numeric", "1.5"),
            object("jsonb", null),
            new PGInterval("1 day 02:00:00"),
            new PGpoint(1, 2),
            new PGbox(1, 2, 3, 4)));
    values.addAll(
        List.of(
            LocalDate.of(2026, 3, 29),
            LocalDate.of(-43, 3, 15),
            LocalDate.of(12000, 1, 1),
            LocalDate.MAX,
            LocalDate.MIN,
            LocalTime.parse("10:20:30.123456789"),
            LocalTime.MAX,
            OffsetTime.parse("10:20:30.123456+05:30"),
            LocalDateTime.parse("2026-03-29T02:30:00.1234565"),
            LocalDateTime.of(-43, 3, 15, 12, 0),
            LocalDateTime.of(12000, 1, 1, 0, 0),
            LocalDateTime.MAX,
            LocalDateTime.MIN,
            OffsetDateTime.parse("2026-01-01T23:30:00.1234567-05:00"),
            OffsetDateTime.of(-43, 3, 15, 12, 0, 0, 0, ZoneOffset.UTC),
            OffsetDateTime.of(12000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC),
            OffsetDateTime.MAX,
            OffsetDateTime.MIN));
    values.addAll(
        List.of(
            Date.valueOf("2026-03-29"),
            new Date(1_774_798_200_123L),
            Date.valueOf("1500-02-28"),
            new Date(PGStatement.DATE_POSITIVE_INFINITY),
            new Date(PGStatement.DATE_NEGATIVE_INFINITY),
            Time.valueOf("10:20:30"),
            new Time(37_230_123L),
            Timestamp.valueOf("2026-03-29 03:30:00.123456789"),
            Timestamp.valueOf("2026-10-25 02:30:00"),
            Timestamp.valueOf("1969-12-31 23:59:59.9999999"),
            Timestamp.valueOf("1500-01-01 00:00:00"),
            Timestamp.valueOf("1850-01-01 00:00:00"),
            new Timestamp(-70_000_000_000_000L),
            new Timestamp(320_000_000_000_000L),
            new Timestamp(PGStatement.DATE_POSITIVE_INFINITY),
            new Timestamp(PGStatement.DATE_NEGATIVE_INFINITY)));
    return values;
  }

  private static List<Object> arrayValues(Connection connection) throws SQLException {
    return List.of(
        new int[] {1, -2},
        new int[][] {{1, 2}, {3, 4}},
        new Integer[] {1, null},
        new short[] {7},
        new long[] {3_000_000_000L},
        new float[] {0.1f, 1.2345679f},
        new double[] {0.1 + 0.2, 4.0, 1e20},
        new Double[] {Double.NaN, null},
        new boolean[] {true, false},
        new BigDecimal[] {new BigDecimal("1E+2"), new BigDecimal("2.345")},
        new String[] {"a b", null, "", "NULL", "{}", "q\"\\"},
        new String[][] {{"a", "b"}, {"c", null}},
        new byte[][] {{0x68, 0, (byte) 0xff}, {}},
        new UUID[] {UUID.fromString("00000000-0000-000A-0000-00000000000B")},
        new Timestamp[] {Timestamp.valueOf("2026-03-29 03:30:00.123456"), null},
        new Date[] {Date.valueOf("2026-03-29")},
        new Time[] {Time.valueOf("10:20:30")},
        new LocalDate[] {LocalDate.of(2026, 3, 29)},
        new LocalTime[] {LocalTime.parse("10:20:30.5")},
        new LocalDateTime[] {LocalDateTime.parse("2026-03-29T02:30:00.5")},
        new OffsetDateTime[] {OffsetDateTime.parse("2026-01-01T23:30:00-05:00")},
        new OffsetTime[] {OffsetTime.parse("10:20:30+05:30")},
        new Object[] {1, 2},
        new PGpoint[] {new PGpoint(1, 2)},
        new PGbox[] {new PGbox(1, 2, 3, 4), new PGbox(1, 2, 3, 5)},
        connection.createArrayOf("int4", new Integer[] {1, 2}),
        connection.createArrayOf("text", new String[] {"a,b", null}),
        connection.createArrayOf("numeric", new BigDecimal[] {new BigDecimal("1.50")}),
        connection.createArrayOf("bytea", new byte[][] {{1, 2}}),
        connection.createArrayOf("jsonb", new String[] {"{\"a\": [1, 2]}"}),
        connection.createArrayOf(
            "timestamptz",
            new OffsetDateTime[] {OffsetDateTime.parse("2026-01-01T23:30:00-05:00")}),
        connection.createArrayOf("uuid", new UUID[] {new UUID(1, 2)}),
        connection.createArrayOf("mood", new String[] {"ok", "bad"}));
  }

  private static PGobject object(String type, String value) throws SQLException {
    PGobject object = new PGobject();
    object.setType(type);
    object.setValue(value);
    return object;
  }
}
