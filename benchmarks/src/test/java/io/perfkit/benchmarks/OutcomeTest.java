package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atLeast;
import static io.perfkit.benchmarks.Target.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class OutcomeTest {

  /** What a script needs to read any line of the report. */
  private static final Pattern LINE =
      Pattern.compile(
          "figure (?<name>\\S+) ours=(?<ours>\\S+) peer=(?<peer>[^\\s:]+):(?<theirs>\\S+)"
              + " ratio=(?<ratio>\\S+) target(?<op><=|>=)(?<bound>\\S+) (?<verdict>\\w+)");

  @Test
  void printsATimeBesideItsPeer() {
    assertThat(line(Figure.ratio("get", TIME, "ours", "peer", atMost(1.25)), 12.346, 10))
        .isEqualTo("figure area.get ours=12.35 peer=peer:10 ratio=1.235 target<=1.25 PASS");
  }

  @Test
  void printsAThroughputBesideItsPeer() {
    assertThat(line(Figure.ratio("read", THROUGHPUT, "ours", "peer", atLeast(2)), 180_000, 90_450))
        .isEqualTo("figure area.read ours=180000 peer=peer:90450 ratio=1.99 target>=2 FAIL");
  }

  @Test
  void printsASpeedupAsThePeersTimeOverOurs() {
    assertThat(line(Figure.speedup("vs-spring", "ours", "peer", 6), 10, 85))
        .isEqualTo("figure area.vs-spring ours=10 peer=peer:85 ratio=8.5 target>=6 PASS");
  }

  @Test
  void printsAnExcessAsTheDifference() {
    assertThat(line(Figure.excess("hit", "ours", "peer", 5), 15.25, 10))
        .isEqualTo("figure area.hit ours=15.25 peer=peer:10 ratio=5.25 target<=5 FAIL");
  }

  @Test
  void printsALimitInThePlaceOfThePeer() {
    assertThat(line(Figure.limit("alloc", BYTES, "ours", 0), 0, Double.NaN))
        .isEqualTo("figure area.alloc ours=0 peer=limit:0 ratio=0 target<=0 PASS");
    assertThat(line(Figure.limit("alloc", BYTES, "ours", 32), 40, Double.NaN))
        .isEqualTo("figure area.alloc ours=40 peer=limit:32 ratio=40 target<=32 FAIL");
  }

  @Test
  void takesFractionsOfAByteForNoAllocation() {
    Figure alloc = Figure.limit("alloc", BYTES, "ours", 0);

    assertThat(line(alloc, 1e-6, 0)).contains(" ours=0 ").endsWith("ratio=0 target<=0 PASS");
    assertThat(line(alloc, 0.999, 0)).contains(" ours=0 ").endsWith("ratio=0 target<=0 PASS");
    assertThat(line(alloc, 1, 0)).contains(" ours=1 ").endsWith("ratio=1 target<=0 FAIL");
    assertThat(line(Figure.limit("events", Measure.events("calls"), "ours", 0), 0.25, 0))
        .endsWith("ratio=0.25 target<=0 FAIL");
  }

  @Test
  void roundsBytesToWhatTheJvmAllocates() {
    Figure alloc = Figure.limit("alloc", BYTES, "ours", 32);

    assertThat(line(alloc, 32.04, 0)).contains(" ours=32 ").endsWith("ratio=32 target<=32 PASS");
    assertThat(line(alloc, 32.999, 0)).endsWith("ratio=32 target<=32 PASS");
    assertThat(line(alloc, 33, 0)).endsWith("ratio=33 target<=32 FAIL");
    assertThat(line(alloc, 36, 0)).contains(" ours=36 ").endsWith("target<=32 FAIL");
    assertThat(line(alloc, 40.5, 0)).contains(" ours=40 ").endsWith("target<=32 FAIL");
  }

  @Test
  void isInformationWhenTheFloorMissesTheTargetToo() {
    Figure figure = Figure.speedup("vs-peer", "ours", "peer", 20).above("floor");

    assertThat(judge(figure, withFloor(10, 100, 17)).line()).endsWith("ratio=10 target>=20 INFO");
    assertThat(judge(figure, withFloor(10, 100, 17)).note())
        .hasValue("info area.vs-peer: its floor, floor, comes to 5.882 itself");
    assertThat(judge(figure, withFloor(10, 100, 5)).line()).endsWith("target>=20 FAIL");
    assertThat(judge(figure, withFloor(4, 100, 17)).line()).endsWith("target>=20 PASS");
    assertThat(judge(figure, withFloor(4, 100, 17)).note()).isEmpty();
    assertThat(judge(figure, withFloor(Double.NaN, 100, 17)).line()).endsWith(" FAIL");
    assertThat(judge(figure, withFloor(10, 100, Double.NaN)).line()).endsWith(" FAIL");
  }

  @Test
  void hasNoOutcomeWithoutItsFloor() {
    Figure figure = Figure.speedup("vs-peer", "ours", "peer", 20).above("gone");

    assertThatThrownBy(() -> judge(figure, samples(TIME, 10, 100)))
        .isInstanceOf(Samples.MissingSample.class)
        .hasMessageContaining("no score of benchmark gone");
  }

  @Test
  void keepsTheFractionsInTheSample() {
    Figure alloc = Figure.limit("alloc", BYTES, "ours", 0);

    assertThat(judge(alloc, samples(BYTES, 0.1, 0)).ours().median()).isEqualTo(0.1);
  }

  @Test
  void givesScriptsOneFormForAll() {
    List<Figure> figures =
        List.of(
            Figure.ratio("ratio", TIME, "ours", "peer", atMost(1.25)),
            Figure.speedup("speedup", "ours", "peer", 6),
            Figure.excess("excess", "ours", "peer", 5),
            Figure.limit("limit", BYTES, "ours", 0));
    for (Figure figure : figures) {
      for (boolean quick : new boolean[] {true, false}) {
        Outcome outcome = Outcome.of("area", figure, samples(figure.measure(), 12.5, 10), quick);
        Matcher line = LINE.matcher(outcome.line());

        assertThat(line.matches()).as(outcome.line()).isTrue();
        assertThat(line.group("name")).isEqualTo("area." + figure.name());
        assertThat(Double.parseDouble(line.group("ours"))).isEqualTo(12.5);
        assertThat(line.group("peer")).isEqualTo(figure.peer());
        assertThat(Double.parseDouble(line.group("theirs"))).isEqualTo(outcome.peer().median());
        assertThat(Double.parseDouble(line.group("ratio"))).isEqualTo(outcome.ratio());
        assertThat(line.group("op") + line.group("bound")).isEqualTo(figure.target().toString());
        assertThat(Verdict.valueOf(line.group("verdict"))).isEqualTo(outcome.verdict());
      }
    }
  }

  @Test
  void judgesTheRatioThatItPrints() {
    Figure figure = Figure.ratio("get", TIME, "ours", "peer", atMost(1.25));

    assertThat(line(figure, 12.5, 10)).endsWith("ratio=1.25 target<=1.25 PASS");
    assertThat(line(figure, 12.504, 10)).endsWith("ratio=1.25 target<=1.25 PASS");
    assertThat(line(figure, 12.506, 10)).endsWith("ratio=1.251 target<=1.25 FAIL");
  }

  @Test
  void neverPassesWhatIsNoNumber() {
    Figure ratio = Figure.ratio("get", TIME, "ours", "peer", atMost(1.25));
    Figure speedup = Figure.speedup("get", "ours", "peer", 6);

    assertThat(line(ratio, Double.NaN, 10))
        .endsWith("ours=NaN peer=peer:10 ratio=NaN target<=1.25 FAIL");
    assertThat(line(ratio, 10, Double.NaN)).endsWith("ratio=NaN target<=1.25 FAIL");
    assertThat(line(ratio, 0, 0)).endsWith("ratio=NaN target<=1.25 FAIL");
    assertThat(line(ratio, 10, 0)).endsWith("ratio=Infinity target<=1.25 FAIL");
    assertThat(line(speedup, 0, 10)).endsWith("ratio=Infinity target>=6 FAIL");
    assertThat(line(Figure.limit("alloc", BYTES, "ours", 0), Double.NaN, 0))
        .endsWith("ratio=NaN target<=0 FAIL");
  }

  @Test
  void judgesNothingInAQuickRun() {
    Figure figure = Figure.ratio("get", TIME, "ours", "peer", atMost(1.25));

    assertThat(Outcome.of("area", figure, samples(TIME, 1, 10), true).line()).endsWith(" QUICK");
    assertThat(Outcome.of("area", figure, samples(TIME, 99, 10), true).line()).endsWith(" QUICK");
  }

  @Test
  void hasNoOutcomeWithoutOursOrThePeer() {
    Samples samples = samples(TIME, 1, 10);

    assertThatThrownBy(() -> judge(Figure.ratio("get", TIME, "gone", "peer", atMost(1)), samples))
        .isInstanceOf(Samples.MissingSample.class)
        .hasMessage("no score of benchmark gone (measured: [ours, peer])");
    assertThatThrownBy(() -> judge(Figure.ratio("get", TIME, "ours", "gone", atMost(1)), samples))
        .isInstanceOf(Samples.MissingSample.class);
    assertThatThrownBy(() -> judge(Figure.limit("alloc", BYTES, "ours", 0), samples))
        .isInstanceOf(Samples.MissingSample.class)
        .hasMessage("no gc.alloc.rate.norm of benchmark ours (measured: [ours, peer])");
  }

  @Test
  void hasNoOutcomeInAnotherUnit() {
    Figure throughput = Figure.ratio("get", THROUGHPUT, "ours", "peer", atLeast(2));

    assertThatThrownBy(() -> judge(throughput, samples(TIME, 1, 10)))
        .isInstanceOf(Samples.MissingSample.class)
        .hasMessage("score of benchmark ours is in ns/op (expected: ops/s)");
  }

  private static String line(Figure figure, double ours, double peer) {
    return judge(figure, samples(figure.measure(), ours, peer)).line();
  }

  private static Outcome judge(Figure figure, Samples samples) {
    return Outcome.of("area", figure, samples, false);
  }

  private static Samples withFloor(double ours, double peer, double floor) {
    return new Samples(
        Map.of(
            "ours", Map.of(TIME.label(), Sample.of(TIME.unit(), ours)),
            "peer", Map.of(TIME.label(), Sample.of(TIME.unit(), peer)),
            "floor", Map.of(TIME.label(), Sample.of(TIME.unit(), floor))));
  }

  private static Samples samples(Measure measure, double ours, double peer) {
    return new Samples(
        Map.of(
            "ours", Map.of(measure.label(), Sample.of(measure.unit(), ours)),
            "peer", Map.of(measure.label(), Sample.of(measure.unit(), peer))));
  }
}
