package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;

import io.perfkit.db.query.Fingerprint;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.sf.jsqlparser.JSQLParserException;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.parser.ParseException;
import net.sf.jsqlparser.statement.Statement;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to know a statement of 326 characters by its shape, seen for the first time. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class DbFingerprint implements Area {

  @Override
  public String name() {
    return "db-fingerprint";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.limit("time", TIME, "perfkit", 1_000),
        Figure.speedup("vs-jsqlparser", "perfkit", "jsqlparser", 100));
  }

  @Benchmark
  public Fingerprint perfkit(Sql sql) {
    return Fingerprint.of(sql.text);
  }

  /** Parses only, on the caller's thread. */
  @Benchmark
  public Statement jsqlparser(Sql sql) throws JSQLParserException, ParseException {
    return CCJSqlParserUtil.newParser(sql.text).Statement();
  }

  /** The statement. */
  @State(Scope.Benchmark)
  public static class Sql {
    private static final int LENGTH = 326;

    private final String text =
        """
        SELECT m.id, m.question, m.category, u.name AS creator_name, count(b.id) AS bets
        FROM markets m JOIN users u ON u.id = m.creator_id LEFT JOIN bets b ON b.market_id = m.id
        WHERE m.status = 'OPEN' AND m.category IN ('sports', 'weather') AND m.closes_at > ?
        GROUP BY m.id, u.name HAVING count(b.id) > 10 ORDER BY m.id LIMIT 20 --\
        """;

    public Sql() {
      if (text.length() != LENGTH) {
        throw new IllegalStateException("length: " + text.length() + " (expected: 326)");
      }
    }
  }
}
