package io.perfkit.benchmarks;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;

final class AreasTest {
  private final Areas areas = Areas.onClassPath();

  @Test
  void findsAreasByTheirBenchmarks() {
    assertThat(areas.names()).contains("broken", "sound").isSorted();
    assertThat(areas.select("sound")).singleElement().isInstanceOf(SoundArea.class);
    assertThat(areas.select("all")).hasSameSizeAs(areas.names());
    assertThat(areas.select("no-such")).isEmpty();
    assertThat(areas.select("")).isEmpty();
    assertThat(areas.select("cache"))
        .hasSizeGreaterThan(1)
        .contains(areas.select("cache-hit").get(0));
    assertThat(areas.select("cach")).isEmpty();
  }

  @Test
  void refusesTwoAreasOfOneName() {
    assertThatThrownBy(() -> new Areas(List.of(new SoundArea(), new SoundArea())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("area: sound (expected: unique names)");
  }

  @Test
  void everyFigureNamesBenchmarksOfItsOwnArea() {
    for (Area area : areas.select(Areas.ALL)) {
      Set<String> benchmarks =
          Arrays.stream(area.getClass().getMethods())
              .filter(method -> method.isAnnotationPresent(Benchmark.class))
              .map(Method::getName)
              .collect(toSet());
      assertThat(area.figures()).as(area.name()).isNotEmpty();
      assertThat(area.figures()).extracting(Figure::name).doesNotHaveDuplicates();
      for (Figure figure : area.figures()) {
        assertThat(benchmarks).contains(method(figure.ours()));
        if (figure.comparison() != Comparison.LIMIT) {
          assertThat(benchmarks).contains(method(figure.peer()));
        }
      }
    }
  }

  private static String method(String benchmark) {
    return benchmark.replaceFirst("\\[.*", "");
  }
}
