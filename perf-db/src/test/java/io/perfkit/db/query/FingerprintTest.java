package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FingerprintTest {
  private static final int FUZZ_ROUNDS = 20_000;

  /** Pieces that meet in every order, closed and not. */
  private static final String[] PIECES = {
    "select",
    " from t",
    "where",
    " a",
    "b.c",
    "=",
    "<>",
    "->>",
    "@>",
    "-",
    "+",
    "--x\n",
    "/*",
    "*/",
    "/* c */",
    "'s'",
    "'it''s'",
    "E'\\''",
    "'",
    "\"",
    "\"Q q\"",
    "`m`",
    "$1",
    "$$",
    "$t$",
    "$t$x$t$",
    "?",
    "??",
    "??|",
    "1",
    "-1",
    "1.5e-3",
    "0x1F",
    ".5",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    "::int",
    ":",
    ".",
    "in",
    "in (",
    "in (1,2)",
    "values",
    "values (1), (2)",
    ", (3)",
    "array[",
    "array[1, 2]",
    " ",
    "\n",
    "\t",
    "{",
    "}",
    "U&'d'",
    "x'1f'",
    "é",
    "名",
    "\u0000",
    "#",
    "%",
    "\\",
    "\uD83D",
    "limit -1",
    "- -1",
    "(1),(2)",
    "not",
    "null",
    "true",
    "default",
    "is",
    "savepoint",
    "fetch",
    "from",
    "case when",
    "case",
    "when",
    "when 1 then 2",
    "else",
    "end",
    "where",
    "a = 1 or a = 2",
    "or",
    "(a = 1)",
    "order by",
    "e",
    "*"
  };

  @Test
  void replacesConstantsAndParameters() {
    assertSame("select * from t where a = ?", "SELECT * FROM t WHERE a = 42");
    assertSame("select * from t where a = ?", "select * from t where a = -4.2e-3");
    assertSame("select * from t where a = ?", "select *\n\tfrom t where a='it''s'");
    assertSame("select * from t where a = ?", "select * from t where a = E'it\\'s'");
    assertSame("select * from t where a = ?", "select * from t where a = $1");
    assertSame("select * from t where a = ?", "select * from t where a = $tag$ ' $$ $tag$");
    assertSame("select * from t where a = ?", "select * from t where a = U&'d\\0061'");
    assertSame("select * from t where a = ?", "select * from t where a = 'one'\n'two'");
    assertSame("select a - ?, - b from t", "select a-1, -b from t");
    assertSame("select a - ? from t", "select a - -1 from t");
  }

  @Test
  void dropsCommentsAndSpace() {
    assertSame(
        "select a from t where b = ?",
        "/* outer /* nested */ */ select a -- names\n from t /*+ hint */ where b=1;");
  }

  @Test
  void makesListsOfAnyLengthOne() {
    assertSame("select a from t where b in (?)", "select a from t where b in (1, 2, 3)");
    assertSame("select a from t where b in (?)", "select a from t where b IN ('x')");
    assertSame("select a from t where b in (?)", "select a from t where b in (-1,+2, ?)");
    assertSame(
        "select a from t where (b, c) in ((?, ?))", "select a from t where (b,c) in ((1,2),(3,4))");
    assertSame(
        "select a from t where b = any(array[?])", "select a from t where b = any(array[1,2])");
    assertSame(
        "insert into t(a, b) values (?, now())",
        "INSERT INTO t (a,b) VALUES (1, now()), (2, now()),(3,now())");
    assertSame(
        "insert into t values (?, ?) on conflict do nothing",
        "insert into t values (1,2), (3,4) on conflict do nothing");
    assertSame("select f(?, ?)", "select f(1, 2)");
    assertSame("a in (?, (?, ?))", "a in (1, (2, 2), (2, 2))");
    assertSame("values (?)), (?), (?)", "values (1), (2)), (2), (2)");
  }

  @Test
  void conditionsBetweenOrAndBranchesOfACaseOfAnyNumberAreOne() {
    String one = "select a from t where b = ?";
    assertSame(one, "select a from t where b = 1 or b = 2 or b = 3");
    assertSame(one + " order by a", "select a from t where b = 1 or b = 2 order by a");
    assertSame(
        "select a from t where (b = ? and c = ?)",
        "select a from t where (b = 1 and c = 2) or (b = 3 and c = 4) or (b = 5 and c = 6)");
    assertSame(
        "select a from t where b = ? and c = ?",
        "select a from t where b = 1 and c = 2 or b = 3 and c = 4");
    assertSame(
        "select a from t where d = ? and (b = ?)",
        "select a from t where d = 1 and (b = 2 or b = 3)");
    assertSame(
        "update t set a = case id when ? then ? end where id in (?)",
        "update t set a = case id when 1 then 2 when 3 then 4 end where id in (1, 3)");
    assertSame(
        "select case when a = ? then ? else b end, case a when ? then ? end",
        "select case when a = 1 then 2 when a = 3 then 4 else b end, case a when 1 then 2 end");

    assertThat(of("select a from t where d = 1 and (b = 2) or (b = 3)"))
        .isNotEqualTo(of("select a from t where d = 1 and (b = 2)"));
    assertThat(of("select a from t where b = 1 or c = 1")).isNotEqualTo(of(one));
    assertThat(of("select a or a")).isNotEqualTo(of("select a"));
  }

  @Test
  void keepsWhatMakesAnotherStatement() {
    assertThat(of("select a from t where b < 1")).isNotEqualTo(of("select a from t where b > 1"));
    assertThat(of("select a from t")).isNotEqualTo(of("select a from u"));
    assertThat(of("select \"A\" from t")).isNotEqualTo(of("select \"a\" from t"));
    assertThat(of("select f(1)")).isNotEqualTo(of("select f(1, 2)"));
    assertThat(of("select a::int from t")).isNotEqualTo(of("select a::text from t"));
    assertThat(of("insert into t values (1)")).isNotEqualTo(of("insert into t values (1, 2)"));
  }

  @Test
  void keepsCastsOperatorsAndSeveralStatements() {
    assertSame("select ?::int[], a::numeric(?, ?)", "select '{}'::int[] , a :: numeric(10,2)");
    assertSame("select a ->> ? from t where b @> ?", "select a->>'k' from t where b@>'{}'");
    assertSame("select a ??| array[?]", "select a ??| array['x','y']");
    assertSame("select ? || ?", "select ?||'x'");
    assertSame("begin; select ?", "begin; ;select 1;;");
    assertSame("select a[?], b[? : ?]", "select a[1], b[1:2]");
    assertSame("select t.*, \"My Table\".x", "select t . *, \"My Table\".x");
  }

  @Test
  void holdsNoLiteral() {
    String secret = "s3cr3t";
    assertThat(
            of("alter role x password '" + secret + "' /* " + secret + " */ -- " + secret).text())
        .doesNotContain(secret);
    assertThat(of("select '" + secret).text()).doesNotContain(secret);
    assertThat(of("select $a$" + secret).text()).doesNotContain(secret);
    assertThat(of("select E'\\'" + secret).text()).doesNotContain(secret);
  }

  @Test
  void constantsAreConstantsWhateverTheirName() {
    assertSame("insert into t values (?, ?)", "insert into t values (1, null), (null, 2)");
    assertSame("insert into t values (?, ?)", "insert into t values (default, TRUE), (3, false)");
    assertSame("update t set a = ?, b = ?", "update t set a = default, b = null");
    assertSame("select a from t where b in (?)", "select a from t where b in (1, NULL)");
    assertSame("select a from t where b = ? and c = ?", "select a from t where b=true and c=false");
    assertSame("select ?::int", "select null::int");
    assertSame("select a from t where b is null", "select a from t where b is null");
    assertSame("select a from t where b is not true", "select a from t where b is not true");
    assertSame("create table t(a int not null)", "create table t(a int not null)");
    assertSame(
        "select t.null from t order by a nulls first",
        "select t.null from t order by a nulls first");

    Random random = new Random(1);
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 3_000; i++) {
      StringBuilder sql = new StringBuilder("insert into t values ");
      for (int row = 0; row < 20; row++) {
        sql.append(row == 0 ? "(" : ", (").append(random.nextInt(4) == 0 ? "null" : "?");
        sql.append(", ?)");
      }
      all.add(of(sql.toString()).text());
    }
    assertThat(all).hasSize(1);
  }

  @Test
  void namesForOneUseAreOne() {
    assertSame("savepoint ?", "savepoint sp_1");
    assertSame("savepoint ?", "SAVEPOINT \"Sp 1\"");
    assertSame("release savepoint ?", "release savepoint sp_1");
    assertSame("release ?", "release sp_1");
    assertSame("rollback to savepoint ?", "rollback to savepoint sp_1");
    assertSame("rollback to ?", "rollback to sp_1");
    assertSame("rollback", "rollback");
    assertSame("deallocate ?", "deallocate s_1");
    assertSame("deallocate all", "deallocate all");
    assertSame("prepare ? as select ?", "prepare s_1 as select 1");
    assertSame("execute ? (?)", "execute s_1(1)");
    assertSame("declare ? cursor for select a from t", "declare c_1 cursor for select a from t");
    assertSame("fetch ? from ?", "fetch 10 from c_1");
    assertSame("fetch forward ? from ?", "fetch forward 10 from c_1");
    assertSame("close ?", "close c_1");
    assertSame("begin; savepoint ?; select ?", "begin; savepoint s1; select 1");
    assertSame("select a from savepoint", "select a from savepoint");
  }

  @Test
  void listsOfAnyLengthAreOneAndStatementsThatDifferLateAreTwo() {
    String few = "select a from t where id in (1, 2) and gone is null";
    String many = few.replace("2)", "2" + ", 3".repeat(100_000) + ")");
    assertThat(of(many)).isEqualTo(of(few));
    assertThat(of(many.replace("is null", "> now()"))).isNotEqualTo(of(few));

    String wide = "select " + "a, ".repeat(Fingerprint.LENGTH_MAX) + "b from ";
    assertThat(of(wide + "t")).isNotEqualTo(of(wide + "u")).isEqualTo(of(wide + "t "));
  }

  @Test
  void looksAtNoMoreThanItsBound() {
    String sql = "select " + "a, ".repeat(Fingerprint.LENGTH_MAX);
    Fingerprint fingerprint = of(sql);

    assertThat(fingerprint.cut()).isTrue();
    assertThat(fingerprint.text()).hasSizeLessThan(2 * Fingerprint.LENGTH_MAX);
    assertThat(of("select 1").cut()).isFalse();
    assertThat(of("select '" + "x".repeat(2_000_000)).cut()).isTrue();
  }

  @Test
  void isItsOwnFingerprintWhateverTheTextIs() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      StringBuilder sql = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        sql.append(PIECES[random.nextInt(PIECES.length)]);
        if (random.nextBoolean()) {
          sql.append(' ');
        }
      }
      String once = of(sql.toString()).text();
      assertThat(of(once).text()).as("seed %d, of <%s>", seed, sql).isEqualTo(once);
    }
  }

  @Test
  void aTextOfAnyCharactersHasAFingerprint() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      StringBuilder sql = new StringBuilder();
      for (int i = random.nextInt(60); i >= 0; i--) {
        sql.append(
            (char) (random.nextInt(10) == 0 ? random.nextInt(0x10000) : random.nextInt(128)));
      }
      String once = of(sql.toString()).text();
      assertThat(of(once).text()).as("seed %d, of <%s>", seed, sql).isEqualTo(once);
    }
  }

  @Test
  void bracketsOfAnyDepthAreTaken() {
    String once = of("select " + "(".repeat(500) + "1, 2" + ")".repeat(600)).text();
    assertThat(of(once).text()).isEqualTo(once);
  }

  private static Fingerprint of(String sql) {
    return Fingerprint.of(sql);
  }

  private static void assertSame(String expected, String sql) {
    assertThat(of(sql).text()).isEqualTo(expected);
  }
}
