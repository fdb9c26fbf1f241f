package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

final class ReportTest {
  private static final Figure GET = Figure.ratio("get", TIME, "ours", "peer", atMost(1.25));
  private static final Figure LOST = Figure.ratio("lost", TIME, "ours", "gone", atMost(1.25));

  @Test
  void exitsByTheWorstOfItsFigures() {
    assertThat(report(false, 10, GET).exit()).isEqualTo(Exit.PASSED);
    assertThat(report(false, 13, GET).exit()).isEqualTo(Exit.FAILED);
    assertThat(report(false, 10, GET, LOST).exit()).isEqualTo(Exit.BROKEN);
    assertThat(report(false, 13, LOST, GET).exit()).isEqualTo(Exit.BROKEN);
  }

  @Test
  void aQuickRunFailsOnlyWhenAFigureIsMissing() {
    assertThat(report(true, 13, GET).exit()).isEqualTo(Exit.PASSED);
    assertThat(report(true, 13, GET, LOST).exit()).isEqualTo(Exit.BROKEN);
  }

  @Test
  void printsTheSpreadThenTheFiguresThenWhatIsMissing() {
    assertThat(report(false, 10, LOST, GET).text().lines().map(String::strip))
        .containsExactly(
            "",
            "area on 2 cpus, JDK, OS",
            "median          min          max    n unit",
            "ours                                               10           10           10    1 ns/op",
            "peer                                               10            9           11    3 ns/op",
            "",
            "figure area.get ours=10 peer=peer:10 ratio=1 target<=1.25 PASS",
            "error area.lost: no score of benchmark gone (measured: [ours, peer])");
  }

  @Test
  void writesTheSameAsJson() {
    assertThat(JsonMapper.shared().readTree(report(false, 10, LOST, GET).json()))
        .isEqualTo(
            JsonMapper.shared()
                .readTree(
                    """
                    {
                      "area": "area",
                      "command": "mvn -q -Pbench -Dbench=area",
                      "quick": false,
                      "date": "2026-01-02T03:04:05Z",
                      "machine": {"cpus": 2, "jdk": "JDK", "os": "OS"},
                      "figures": [
                        {
                          "name": "area.get",
                          "comparison": "RATIO",
                          "ours": {
                            "benchmark": "ours",
                            "unit": "ns/op", "median": 10.0, "min": 10.0, "max": 10.0, "iterations": 1
                          },
                          "peer": {
                            "benchmark": "peer",
                            "unit": "ns/op", "median": 10.0, "min": 9.0, "max": 11.0, "iterations": 3
                          },
                          "ratio": 1.0,
                          "target": "<=1.25",
                          "verdict": "PASS"
                        }
                      ],
                      "benchmarks": {
                        "ours": {
                          "score": {
                            "unit": "ns/op", "median": 10.0, "min": 10.0, "max": 10.0, "iterations": 1
                          }
                        },
                        "peer": {
                          "score": {
                            "unit": "ns/op", "median": 10.0, "min": 9.0, "max": 11.0, "iterations": 3
                          }
                        }
                      },
                      "errors": ["area.lost: no score of benchmark gone (measured: [ours, peer])"]
                    }
                    """));
  }

  @Test
  void namesTheCommandOfAQuickRun() {
    assertThat(report(true, 10, GET).json())
        .contains("\"command\" : \"mvn -q -Pbench -Dbench=area -Dquick\"")
        .contains("\"quick\" : true")
        .contains("\"verdict\" : \"QUICK\"");
  }

  @Test
  void staysReadableWhenNothingWasMeasured() {
    assertThat(
            JsonMapper.shared()
                .readTree(report(false, Double.NaN, GET).json())
                .at("/figures/0/ratio")
                .asString())
        .isEqualTo("NaN");
  }

  private static Report report(boolean quick, double ours, Figure... figures) {
    return Report.of(
        area(figures),
        quick,
        Instant.parse("2026-01-02T03:04:05Z"),
        new Machine(2, "JDK", "OS"),
        new Samples(
            Map.of(
                "ours", Map.of(Samples.SCORE, Sample.of("ns/op", ours)),
                "peer", Map.of(Samples.SCORE, Sample.of("ns/op", 9, 10, 11)))));
  }

  private static Area area(Figure... figures) {
    return new Area() {
      @Override
      public String name() {
        return "area";
      }

      @Override
      public List<Figure> figures() {
        return List.of(figures);
      }
    };
  }
}
