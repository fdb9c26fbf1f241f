package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages of the whole project say what its code says. */
final class DocsTest {

  @Test
  void everyPageHolds() throws IOException {
    DocsPages docs = new DocsPages(ProjectRoot.find());
    List<String> faults = new ArrayList<>();
    for (Path page : docs.pages()) {
      faults.addAll(docs.faults(page));
    }
    assertThat(docs.pages()).hasSizeGreaterThan(5);
    assertThat(faults).isEmpty();
  }

  @Test
  void seesWhatDoesNotHold(@TempDir Path root) throws IOException {
    Path tests = Files.createDirectories(root.resolve("m/src/test/java"));
    Files.writeString(
        tests.resolve("GuideIT.java"), "class GuideIT { void works() { use(  1,\n 2); } }");
    Files.createDirectories(root.resolve("docs"));
    Path good = root.resolve("good.md");
    Files.writeString(
        good, "```java\nuse(\n    1, 2);\n```\n[docs](docs) `GuideIT.works` `GuideIT`");
    Path bad = root.resolve("docs/bad.md");
    Files.writeString(
        bad, "```java\nuse(3);\n```\n[gone](gone.md) `GuideIT.fails` `OtherTest` `Plain.text`");

    DocsPages docs = new DocsPages(root);

    assertThat(docs.pages()).containsExactlyInAnyOrder(good, bad);
    assertThat(docs.faults(good)).isEmpty();
    assertThat(docs.faults(bad))
        .hasSize(4)
        .anyMatch(fault -> fault.contains("use(3);"))
        .anyMatch(fault -> fault.contains("dead link gone.md"))
        .anyMatch(fault -> fault.contains("no such test `GuideIT.fails`"))
        .anyMatch(fault -> fault.contains("no such test `OtherTest`"));
  }
}
