package io.perfkit.db.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.page.Sort.Direction;
import io.perfkit.db.page.Sort.Nulls;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keyset pages are on any database. */
abstract class KeysetContract {
  static final byte[] SECRET = "sixteen bytes or more".getBytes(StandardCharsets.UTF_8);
  private static final String QUERY = "SELECT * FROM items WHERE id <> ?";
  private static final int ROWS = 60;
  private static final int ORDERS = 80;

  /** The columns that may be NULL, and those that are not; all have duplicates. */
  private static final List<String> NULLABLE =
      List.of("amount", "label", "made_at", "share", "flag");

  private static final List<String> PRESENT = List.of("place", "made_on");

  private final long seed = ThreadLocalRandom.current().nextLong();
  private Connection connection;

  abstract DataSource dataSource();

  @BeforeEach
  void connect() throws SQLException {
    connection = dataSource().getConnection();
    execute("DROP TABLE IF EXISTS items");
    execute(
        "CREATE TABLE items (id bigint PRIMARY KEY, amount numeric(10, 2), label varchar(20),"
            + " made_at timestamp with time zone, share double precision, flag boolean,"
            + " place int NOT NULL, made_on date NOT NULL)");
  }

  @AfterEach
  void disconnect() throws SQLException {
    connection.close();
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void fill(Random random, int rows) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
      for (int id = 1; id <= rows; id++) {
        insert.setLong(1, id);
        insert.setObject(
            2, orNull(random, new java.math.BigDecimal(random.nextInt(4)).movePointLeft(1)));
        insert.setObject(
            3, orNull(random, List.of("", "a", "B", "é", "z'").get(random.nextInt(5))));
        insert.setObject(
            4,
            orNull(
                random,
                java.time.OffsetDateTime.parse("2026-03-29T00:30:00.123456Z")
                    .plusHours(random.nextInt(4))));
        insert.setObject(5, orNull(random, random.nextInt(3) / 3.0));
        insert.setObject(6, orNull(random, random.nextBoolean()));
        insert.setInt(7, random.nextInt(4));
        insert.setObject(8, java.time.LocalDate.of(2026, 1, 1 + random.nextInt(3)));
        insert.addBatch();
      }
      int[] unused = insert.executeBatch();
    }
  }

  private static Object orNull(Random random, Object value) {
    return random.nextInt(4) == 0 ? null : value;
  }

  /** One to three columns in any direction, then the key. */
  private static List<Sort> order(Random random) {
    List<String> columns = new ArrayList<>(NULLABLE);
    columns.addAll(PRESENT);
    Collections.shuffle(columns, random);
    List<Sort> order = new ArrayList<>();
    for (String column : columns.subList(0, random.nextInt(4))) {
      order.add(new Sort(column, direction(random), nulls(column, random)));
    }
    order.add(new Sort("id", direction(random), Nulls.NONE));
    return order;
  }

  private static Direction direction(Random random) {
    return random.nextBoolean() ? Direction.ASCENDING : Direction.DESCENDING;
  }

  private static Nulls nulls(String column, Random random) {
    if (PRESENT.contains(column) && random.nextInt(3) > 0) {
      return Nulls.NONE;
    }
    return random.nextBoolean() ? Nulls.FIRST : Nulls.LAST;
  }

  private static Keyset<Long> keyset(List<Sort> order) {
    return Keyset.<Long>of(QUERY, row -> row.getLong("id"), SECRET, order.get(order.size() - 1))
        .orderBy(order.subList(0, order.size() - 1).toArray(Sort[]::new));
  }

  /** The whole result, as the database orders it. */
  private List<Long> whole(List<Sort> order) throws SQLException {
    String sql =
        QUERY + " ORDER BY " + order.stream().map(Sort::sql).collect(Collectors.joining(", "));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, 7);
      try (ResultSet rows = statement.executeQuery()) {
        List<Long> ids = new ArrayList<>();
        while (rows.next()) {
          ids.add(rows.getLong("id"));
        }
        return ids;
      }
    }
  }

  @Test
  void pagesTogetherAreTheWholeResultForwardAndBackward() throws SQLException {
    Random random = new Random(seed);
    fill(random, ROWS);
    for (int i = 0; i < ORDERS; i++) {
      List<Sort> order = order(random);
      List<Long> whole = whole(order);
      Keyset<Long> keyset = keyset(order);
      int size = 1 + random.nextInt(25);

      List<Long> forward = new ArrayList<>();
      Page<Long> page = keyset.first(connection, size, 7);
      assertThat(page.previous()).isEmpty();
      forward.addAll(page.rows());
      while (page.next().isPresent()) {
        page = keyset.at(connection, page.next().get(), size, 7);
        assertThat(page.rows()).isNotEmpty();
        forward.addAll(page.rows());
      }
      assertThat(forward).as("seed %s, %s, pages of %s", seed, order, size).isEqualTo(whole);

      List<Long> backward = new ArrayList<>();
      page = keyset.last(connection, size, 7);
      assertThat(page.next()).isEmpty();
      backward.addAll(0, page.rows());
      while (page.previous().isPresent()) {
        page = keyset.at(connection, page.previous().get(), size, 7);
        backward.addAll(0, page.rows());
      }
      assertThat(backward)
          .as("seed %s, backward %s, pages of %s", seed, order, size)
          .isEqualTo(whole);
    }
  }

  @Test
  void anyWalkStaysWithinTheResult() throws SQLException {
    Random random = new Random(seed);
    fill(random, ROWS);
    for (int i = 0; i < ORDERS / 4; i++) {
      List<Sort> order = order(random);
      List<Long> whole = whole(order);
      Keyset<Long> keyset = keyset(order);
      int from = 0;
      Page<Long> page = keyset.first(connection, 10, 7);
      for (int step = 0; step < 20; step++) {
        assertThat(page.rows())
            .as("seed %s, %s from %s", seed, order, from)
            .isEqualTo(whole.subList(from, from + page.rows().size()));
        int size = 1 + random.nextInt(12);
        boolean forward = random.nextBoolean();
        Optional<String> cursor = forward ? page.next() : page.previous();
        if (cursor.isPresent()) {
          int end = from + page.rows().size();
          page = keyset.at(connection, cursor.get(), size, 7);
          from = forward ? end : from - page.rows().size();
          assertThat(page.rows())
              .hasSize(Math.min(size, forward ? whole.size() - end : from + page.rows().size()));
        }
      }
    }
  }

  @Test
  void rowsThatComeOrGoShiftNoPage() throws SQLException {
    fill(new Random(1), 30);
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("id")));
    Page<Long> first = keyset.first(connection, 10, 0);
    execute("DELETE FROM items WHERE id IN (3, 10)");
    execute(
        "INSERT INTO items (id, place, made_on) VALUES (0, 1, DATE '2026-01-01'), (-1, 1, DATE '2026-01-01')");
    Page<Long> second = keyset.at(connection, first.next().orElseThrow(), 5, 99);
    assertThat(second.rows()).containsExactly(11L, 12L, 13L, 14L, 15L);
    assertThat(keyset.at(connection, second.previous().orElseThrow(), 4, 99).rows())
        .containsExactly(6L, 7L, 8L, 9L);
  }

  @Test
  void aPageWhoseRowsAreAllGoneStillLeadsBack() throws SQLException {
    fill(new Random(1), 10);
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("id")));
    String next = keyset.first(connection, 5, 0).next().orElseThrow();
    execute("DELETE FROM items WHERE id > 5");

    Page<Long> empty = keyset.at(connection, next, 5, 0);

    assertThat(empty.rows()).isEmpty();
    assertThat(empty.next()).isEmpty();
    Page<Long> back = keyset.at(connection, empty.previous().orElseThrow(), 3, 0);
    assertThat(back.rows()).containsExactly(3L, 4L, 5L);
    execute("DELETE FROM items WHERE id < 3");
    Page<Long> emptyBefore = keyset.at(connection, back.previous().orElseThrow(), 3, 0);
    assertThat(emptyBefore.rows()).isEmpty();
    assertThat(keyset.at(connection, emptyBefore.next().orElseThrow(), 3, 0).rows())
        .containsExactly(3L, 4L, 5L);
  }

  @Test
  void anEmptyResultIsOneEmptyPage() throws SQLException {
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("id")));
    assertThat(keyset.first(connection, 5, 0))
        .isEqualTo(new Page<>(List.of(), Optional.empty(), Optional.empty()));
    assertThat(keyset.last(connection, 5, 0).rows()).isEmpty();
  }

  @Test
  void anOrderThatDoesNotTellRowsApartFailsAndSkipsNone() throws SQLException {
    fill(new Random(1), 20);
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("place")));
    assertThatThrownBy(() -> keyset.first(connection, 10, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "order: two rows are equal in [place] (expected: a tie-break that tells all rows apart)");
  }

  @Test
  void aColumnThatMayBeNullHasToSaySo() throws SQLException {
    fill(new Random(1), 20);
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("amount"), Sort.ascending("id")));
    assertThatThrownBy(() -> keyset.first(connection, 10, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("amount: may be NULL (expected: NOT NULL, or nullsFirst()");
  }

  @Test
  void saysWhatIsWrong() {
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("id")));
    assertThatThrownBy(() -> keyset.first(connection, 0, 0))
        .hasMessage("rows: 0 (expected: 1 to 1000)");
    assertThatThrownBy(() -> keyset.withMaxRows(50).first(connection, 51, 0))
        .hasMessage("rows: 51 (expected: 1 to 50)");
    assertThatThrownBy(() -> Sort.ascending(" "))
        .hasMessageEndingWith("(expected: a name of 1 to 63 characters)");
    assertThatThrownBy(
            () -> keyset(List.of(Sort.ascending("id; DROP TABLE items"))).first(connection, 1, 0))
        .hasMessageStartingWith("column: id; DROP TABLE items (expected: one of [");
    assertThatThrownBy(() -> keyset.orderBy(Sort.ascending("id")))
        .hasMessage("order: [id, id] (expected: each column once)");
    assertThatThrownBy(() -> Keyset.of(QUERY, row -> 1, SECRET, Sort.ascending("id").nullsFirst()))
        .hasMessageEndingWith("(expected: one without NULLs)");
    assertThatThrownBy(() -> Keyset.of(QUERY, row -> 1, new byte[15], Sort.ascending("id")))
        .hasMessage("secret: 15 bytes (expected: at least 16)");
    assertThat(keyset.orderBy(Sort.descending("amount").nullsLast()).indexColumns())
        .isEqualTo("amount DESC NULLS LAST, id ASC");
  }

  @Test
  void aCursorThatWasTamperedWithIsRefused() throws SQLException {
    fill(new Random(1), 20);
    Keyset<Long> keyset = keyset(List.of(Sort.ascending("id")));
    String cursor = keyset.first(connection, 5, 0).next().orElseThrow();
    assertThat(cursor).matches("[A-Za-z0-9_-]+");
    for (int i = 0; i < cursor.length(); i++) {
      char other = cursor.charAt(i) == 'A' ? 'B' : 'A';
      assertRefused(keyset, cursor.substring(0, i) + other + cursor.substring(i + 1));
      assertRefused(keyset, cursor.substring(0, i));
    }
    assertRefused(keyset, cursor + "A");
    assertRefused(keyset, "not base64!");
    assertRefused(keyset(List.of(Sort.descending("id"))), cursor);
    assertRefused(
        Keyset.of(
            QUERY,
            row -> row.getLong("id"),
            "another secret of ours".getBytes(StandardCharsets.UTF_8),
            Sort.ascending("id")),
        cursor);
  }

  private void assertRefused(Keyset<Long> keyset, String cursor) {
    assertThatThrownBy(() -> keyset.at(connection, cursor, 5, 0))
        .isInstanceOf(CursorRefused.class)
        .hasMessageNotContaining(cursor.isEmpty() ? "no cursor" : cursor);
  }
}
