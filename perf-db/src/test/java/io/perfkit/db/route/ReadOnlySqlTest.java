package io.perfkit.db.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ReadOnlySqlTest {
  @Test
  void knowsWhatOnlyReads() {
    for (String sql :
        List.of(
            "SELECT 1",
            "select a.b, count(*) from a where b in (?, ?) and c = 'it''s' -- why not\n;",
            "/* a /* nested */ comment */ SELECT \"for\" FROM t WHERE lower(name) LIKE ?",
            "WITH r AS (SELECT id FROM t) SELECT * FROM r JOIN s USING (id) ORDER BY 1 LIMIT 5",
            "(SELECT 1) UNION ALL (SELECT 2)",
            "VALUES (1, 2), (3, 4)",
            "TABLE orders",
            "SELECT x::int, e.y[1] FROM e WHERE z = 'update; delete'")) {
      assertThat(ReadOnlySql.test(sql)).as(sql).isTrue();
    }
  }

  @Test
  void whateverMayDoMoreIsNot() {
    for (String sql :
        List.of(
            "",
            ";",
            "--",
            "/* open",
            "INSERT INTO t VALUES (1)",
            "SELECT * INTO t2 FROM t",
            "SELECT * FROM t FOR UPDATE",
            "SELECT * FROM t FOR /* */ SHARE",
            "SELECT nextval('s')",
            "SELECT pg_advisory_lock(1)",
            "SELECT public.lower('x')",
            "SELECT public . lower('x')",
            "SELECT \"lower\"('x')",
            "SELECT my_function (1)",
            "SELECT set_config('a', 'b', false)",
            "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
            "SELECT 1; DELETE FROM t",
            "SELECT 1;;SELECT 2",
            "SELECT 'a\\' FROM t; DELETE FROM t --'",
            "SELECT $$a$$",
            "SELECT 'open",
            "EXPLAIN ANALYZE DELETE FROM t",
            "CALL p()",
            "SET search_path = x",
            "SHOW ALL",
            "BEGIN")) {
      assertThat(ReadOnlySql.test(sql)).as(sql).isFalse();
    }
  }

  @Test
  void answersForAnyText() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String alphabet = "select from(),;'\"$\\-*/ \n?:.1aé";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder sql = new StringBuilder(random.nextBoolean() ? "SELECT " : "");
      for (int i = random.nextInt(30); i > 0; i--) {
        sql.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String text = sql.toString();
      boolean reads = ReadOnlySql.test(text);
      assertThat(reads && text.toLowerCase(java.util.Locale.ROOT).strip().isEmpty())
          .as("%s, seed %s", text, seed)
          .isFalse();
    }
  }
}
