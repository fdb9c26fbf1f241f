package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LeakSuspectTest {
  private static List<StackTraceElement> frames(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new StackTraceElement("app.Service", "step" + i, "Service.java", i))
        .toList();
  }

  @Test
  void itsTextFitsAScreen() {
    String statement = "select a,\n       b\n" + "from t ".repeat(1_000);

    String text =
        new LeakSuspect("http-7", Duration.ofSeconds(61), false, frames(300), statement).toString();

    assertThat(text).startsWith("leak suspect: thread 'http-7' has held a connection for 61000 ms");
    assertThat(text).contains("last statement: select a, b from t ");
    assertThat(text).contains("\n\tat app.Service.step0(Service.java:0)");
    assertThat(text).endsWith("... 283 more");
    assertThat(text.lines()).hasSizeLessThanOrEqualTo(24);
    assertThat(text).hasSizeLessThan(24 * 80);
  }

  @Test
  void aThreadThatEndedHasNoStack() {
    assertThat(new LeakSuspect("gone", Duration.ofMillis(5), true, List.of(), ""))
        .hasToString("leak suspect: thread 'gone' has held a connection for 5 ms, and has ended");
  }

  @Test
  void leaksAreLookedForAsOftenAsTheirTimeAsks() {
    assertThat(PoolWatch.leakLookEvery(Duration.ofMillis(100))).isEqualTo(Duration.ofMillis(50));
    assertThat(PoolWatch.leakLookEvery(Duration.ofMinutes(1))).isEqualTo(Duration.ofSeconds(1));
  }
}
