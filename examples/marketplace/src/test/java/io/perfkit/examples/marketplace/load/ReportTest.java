package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private static final DatabaseReport NOTHING =
      new DatabaseReport(0.7, List.of(), List.of(), List.of());

  @Test
  void setsBothSidesSideBySideAndSaysWhatIsMet() {
    Measured plain =
        new Measured(
            load(40_000, 4_000, 0, 0),
            load(900_000, 5_000, 300, 100),
            load(700_000, 6_000, 0, 0),
            new Figures(
                5_000, 80_000, 4_500, 81_000, 0, 0, 0, 90_000_000_000L, 10, 9_000_000_000L, 0),
            100_000_000,
            NOTHING,
            new Burst(Duration.ofMillis(80), 0),
            new Flood(0, 310),
            new LoginStorm(500, 0, 7),
            20);
    Measured perfkit =
        new Measured(
            load(1_000, 4_000, 0, 0),
            load(2_000, 10_000, 0, 0),
            load(3_000, 9_900, 0, 1),
            new Figures(
                10_000,
                9_000,
                9_000,
                7_500,
                6_000,
                10_000,
                8_600,
                4_000_000_000L,
                8,
                8_000_000_000L,
                0),
            150_000_000,
            NOTHING,
            new Burst(Duration.ofMillis(20), 0),
            new Flood(350, 0),
            new LoginStorm(1_500, 0, 3),
            20);

    assertThat(Report.table(Report.sections(plain, perfkit, 411.6, 1_000, 2)))
        .isEqualTo(
            """
                                              plain    perfkit    ratio   target
            412 requests/s, which the plain side bears
              latency mean, ms                 40.0        1.0      40x   -90 %              met
              latency p50, ms                  40.0        1.0      40x   < 50               met
              latency p95, ms                  40.0        1.0      40x   < 200              met
              latency p99, ms                  40.0        1.0      40x   < 500              met
              profile mean, ms                 40.0        1.0      40x                      perfkit wins
              search mean, ms                  40.0        1.0      40x                      perfkit wins
              history mean, ms                    -          -        -
              bet mean, ms                     40.0        1.0      40x                      perfkit wins
            1,000 requests/s
              latency mean, ms                900.0        2.0     450x                      perfkit wins
              latency p50, ms                 900.0        2.0     450x   < 50               met
              latency p95, ms                 900.0        2.0     450x   < 200              met
              latency p99, ms                 900.0        2.0     450x   < 500              met
              requests/s reached                500      1,000    2.00x   1,000 (within 1 %) met
              answers 4xx, %                   5.56       0.00        -   < 5 %              met
              answers 5xx or none, %           1.85       0.00        -   < 1 %              met
              SQL statements per request      16.00       0.90      18x   15-20 -> 2-5       met
              SQL statements per miss         18.00       2.50    7.20x   15-20 -> 2-5       met
              SQL statement mean, ms           0.70       0.70    1.00x   < 50               met, equal
              reads without SQL, %              0.0       66.7        -                      perfkit wins
              cache hit ratio, %                  -       86.0        -   > 85 %             met
              pool in use, %                     90          5      18x   < 80 %             met
              heap after GC, MB                 100        150    0.67x   < 512              met, perfkit does not win
              CPU, % of the machine              45         40    1.13x   < 70 %             met
              CPU per request, ms              1.80       0.80    2.25x                      perfkit wins
            1,000 users at once
              requests/s reached                600        990    1.65x                      perfkit wins
              latency mean, ms                700.0        3.0     233x                      perfkit wins
              latency p95, ms                 700.0        3.0     233x                      perfkit wins
              errors                              0          1    0.00x                      perfkit does not win
            all at once
              50 at once, ms to the last       80.0       20.0    4.00x   <= 70, all done    met
              refused of a flood                  0        350        -                      perfkit wins
              admitted above the limits         310          0        -   none               met
              logins/s                          500      1,500    3.00x                      perfkit wins
              failed logins                       0          0        -   none               met, equal
              most sessions of a user             7          3    2.33x   at most 3          met""");
  }

  @Test
  void saysWhenPerfkitDoesNotWin() {
    assertThat(row(100, 150, Row.Better.LOWER, new Row.Target("< 512", true)).verdict())
        .isEqualTo("met, perfkit does not win");
    assertThat(row(100, 600, Row.Better.LOWER, new Row.Target("< 512", false)).verdict())
        .isEqualTo("not met, perfkit does not win");
    assertThat(row(900, 600, Row.Better.LOWER, new Row.Target("< 512", false)).verdict())
        .isEqualTo("not met");
    assertThat(row(100, 150, Row.Better.LOWER, Row.Target.NONE).verdict())
        .isEqualTo("perfkit does not win");
    assertThat(row(100, 150, Row.Better.HIGHER, Row.Target.NONE).verdict())
        .isEqualTo("perfkit wins");
    assertThat(row(7, 7, Row.Better.LOWER, Row.Target.NONE).verdict()).isEqualTo("equal");
  }

  @Test
  void comparesNothingWithAFigureThatOneSideDoesNotHave() {
    Row row = row(Double.NaN, 85, Row.Better.HIGHER, new Row.Target("> 80 %", true));

    assertThat(row.plainText()).isEqualTo("-");
    assertThat(row.ratioText()).isEqualTo("-");
    assertThat(row.verdict()).isEqualTo("met");
  }

  @Test
  void givesTheRatioAsTimesBetter() {
    assertThat(row(100, 50, Row.Better.LOWER, Row.Target.NONE).ratioText()).isEqualTo("2.00x");
    assertThat(row(100, 50, Row.Better.HIGHER, Row.Target.NONE).ratioText()).isEqualTo("0.50x");
    assertThat(row(100, 0, Row.Better.LOWER, Row.Target.NONE).ratioText()).isEqualTo("-");
  }

  private static Row row(double plain, double perfkit, Row.Better better, Row.Target target) {
    return new Row("name", plain, perfkit, "%.0f", better, target);
  }

  private static LoadResult load(long micros, long succeeded, long refused, long broken) {
    Histogram latency = new Histogram(5);
    latency.recordValueWithCount(micros, succeeded + refused + broken);
    return new LoadResult(
        latency,
        Map.of(Operation.BET, latency, Operation.PROFILE, latency, Operation.SEARCH, latency),
        succeeded,
        refused,
        broken,
        Duration.ofSeconds(10));
  }
}
