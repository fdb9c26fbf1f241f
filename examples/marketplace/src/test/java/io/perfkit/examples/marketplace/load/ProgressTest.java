package io.perfkit.examples.marketplace.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Test
  void printsOneLineForEachStepWithoutATerminal() {
    show(false);

    assertThat(bytes.toString(UTF_8).lines()).containsExactly("one", "two");
  }

  @Test
  void movesABarOnATerminal() {
    show(true);

    assertThat(bytes.toString(UTF_8)).contains("\r[####################....................]");
    assertThat(bytes.toString(UTF_8).lines()).anyMatch(line -> line.endsWith("100 %  two"));
  }

  private void show(boolean terminal) {
    Progress progress = new Progress(new PrintStream(bytes, true, UTF_8), terminal);
    progress.step("one");
    progress.at(0.5);
    progress.step("two");
    progress.at(0.5);
    progress.finish();
  }
}
