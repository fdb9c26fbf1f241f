package io.perfkit.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchTest {
  @TempDir Path directory;

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @BeforeAll
  static void runsBesideOthers() {
    System.setProperty("jmh.ignoreLock", "true");
  }

  @Test
  void measuresJudgesAndWrites() throws IOException {
    assertThat(run("sound")).as(this::output).isEqualTo(Exit.PASSED);

    assertThat(figures())
        .hasSize(4)
        .allMatch(line -> line.endsWith(" PASS"))
        .contains(
            "figure sound.nothing ours=0 peer=limit:0 ratio=0 target<=0 PASS",
            "figure sound.events ours=1 peer=limit:1 ratio=1 target<=1 PASS");
    assertThat(directory.resolve("sound.json")).content().contains("\"area\" : \"sound\"");
    assertThat(directory.resolve("sound.log")).content().contains("# Benchmark mode");
  }

  @Test
  void aBenchmarkThatThrowsIsAnErrorAndNeverAPass() throws IOException {
    assertThat(run("broken")).isEqualTo(Exit.BROKEN);

    assertThat(figures()).singleElement().asString().startsWith("figure broken.unmet ");
    assertThat(output()).contains("error broken.peerless: no score of benchmark peer");
    assertThat(directory.resolve("broken.log")).content().contains("planted");
  }

  @Test
  void allMeansEveryAreaAndTheWorstExit() throws IOException {
    assertThat(run("all")).isEqualTo(Exit.BROKEN);

    assertThat(directory.resolve("broken.json")).exists();
    assertThat(directory.resolve("sound.json")).exists();
  }

  @Test
  void anAreaThatLacksSomethingIsAnErrorOnlyIfItIsAskedFor() throws IOException {
    Area lacking =
        new Area() {
          @Override
          public String name() {
            return "lacking";
          }

          @Override
          public List<Figure> figures() {
            throw new AssertionError("not asked for");
          }

          @Override
          public Optional<String> lacking() {
            return Optional.of("no moon");
          }
        };
    Areas areas = new Areas(List.of(lacking, new SoundArea()));

    assertThat(run(areas, "lacking")).isEqualTo(Exit.BROKEN);
    assertThat(output()).isEqualToIgnoringNewLines("not run lacking: no moon");
    assertThat(run(areas, "all")).isEqualTo(Exit.PASSED);
    assertThat(figures()).hasSize(4);
  }

  @Test
  void listsTheAreasWhenNoneOfThemIsWanted() throws IOException {
    assertThat(run("cash-hit")).isEqualTo(Exit.UNKNOWN_AREA);
    assertThat(run("")).isEqualTo(Exit.UNKNOWN_AREA);

    assertThat(output().lines())
        .containsExactly(
            "unknown area 'cash-hit'; use -Dbench=AREA with one of: broken, sound, or all",
            "no area; use -Dbench=AREA with one of: broken, sound, or all");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void exitsWithACodeForEachEnd() {
    assertThat(Exit.values()).extracting(Exit::code).containsExactly(0, 1, 2, 3);
  }

  private Exit run(String wanted) throws IOException {
    return run(new Areas(List.of(new SoundArea(), new BrokenArea())), wanted);
  }

  private Exit run(Areas areas, String wanted) throws IOException {
    return new Bench(areas, directory, new PrintStream(printed, true, UTF_8)).run(wanted, false);
  }

  private List<String> figures() {
    return output().lines().filter(line -> line.startsWith("figure ")).toList();
  }

  private String output() {
    return printed.toString(UTF_8);
  }
}
