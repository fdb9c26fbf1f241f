package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReferenceTableTest {
  record Settings(int count, String name) {}

  @Test
  void readsTheTableUnderAHeading() {
    ReferenceTable table = ReferenceTable.under("GuardConfig", "configuration.md");

    assertThat(table.secondByFirst()).containsEntry("budget", "PT0.25S").doesNotContainKey("l1Ttl");
    assertThat(table.rows().get(0).get(0)).isEqualTo("`budget`");
  }

  @Test
  void refusesAHeadingThatIsNotThere() {
    assertThatThrownBy(() -> ReferenceTable.under("Guard", "configuration.md"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("configuration.md: no heading '## Guard'");
    assertThatThrownBy(() -> ReferenceTable.under("What is written", "benchmarks.md"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("benchmarks.md: no row under '## What is written'");
  }

  @Test
  void givesTheComponentsOfARecord() {
    assertThat(ReferenceTable.componentsOf(new Settings(3, "x")))
        .isEqualTo(Map.of("count", "3", "name", "x"));
  }
}
