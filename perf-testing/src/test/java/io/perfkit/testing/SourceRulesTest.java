package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules about source text, against sources that break them. */
final class SourceRulesTest {
  private static final Path PLANTED =
      Path.of("src/test/java/io/perfkit/testing/planted/javadoc").toAbsolutePath();

  @Test
  void seesEachPublicPlaceWithoutJavadocAndNoHiddenOne() {
    assertThat(withoutLines(new SourceRules(PLANTED).javadocFaults()))
        .containsExactlyInAnyOrder(
            "BARE_FIELD is public and has no Javadoc",
            "<init> is public and has no Javadoc",
            "bareMethod is public and has no Javadoc",
            "bareProtected is public and has no Javadoc",
            "\"@param cacheName the name of the cache\" of documented says nothing that the name"
                + " does not",
            "\"@return the documented\" of documented says nothing that the name does not",
            "\"Returns the size.\" of size says nothing that the name does not",
            "component second of Pair has no @param",
            "NONE is public and has no Javadoc",
            "UNSAID is public and has no Javadoc",
            "bareInInterface is public and has no Javadoc");
  }

  @Test
  void saysWhere() {
    assertThat(new SourceRules(PLANTED).javadocFaults())
        .contains("Planted.java:8 BARE_FIELD is public and has no Javadoc");
  }

  @Test
  void knowsWhatOnlyRepeatsAName() {
    assertThat(SourceRules.repeats("cacheName", "the name of the cache")).isTrue();
    assertThat(SourceRules.repeats("key", "the key")).isTrue();
    assertThat(SourceRules.repeats("keys", "Key.")).isTrue();
    assertThat(SourceRules.repeats("deadline", "")).isTrue();
    assertThat(SourceRules.repeats("limit", "in milliseconds")).isFalse();
    assertThat(SourceRules.repeats("key", "the key; never logged")).isFalse();
  }

  @Test
  void seesAFileThatIsTooLongUnlessItIsNamed(@TempDir Path sources) throws IOException {
    writeLines(sources, "Just", SourceRules.CODE_LINES_MAX);
    writeLines(sources, "Over", SourceRules.CODE_LINES_MAX + 1);
    SourceRules rules = new SourceRules(sources);

    assertThat(rules.longFiles(Set.of()))
        .containsExactly(
            "a.Over has 501 lines of code (expected: at most 500): it holds more than one idea");
    assertThat(rules.longFiles(Set.of("a.Over"))).isEmpty();
    assertThat(rules.longFiles(Set.of("a.Over", "a.Just")))
        .containsExactly("a.Just is no longer long: HouseRules need not name it");
  }

  @Test
  void seesTextsThatDependOnTheLocale(@TempDir Path sources) throws IOException {
    Files.writeString(
        sources.resolve("Texts.java"),
        """
        class Texts {
          void texts(int n, String s, java.time.Duration d) {
            "%d".formatted(n);
            ("status " + "%s: %,d").formatted(s, n);
            String.format("%.2f ms", 1.5);
            s.toLowerCase();
            s.strip().toUpperCase();
            java.util.Locale.getDefault();
            Locale.getDefault();
            DateTimeFormatter.ofPattern("yyyy");
            NumberFormat.getInstance();
            MessageFormat.format("{0}", n);
            new DecimalFormat("0.0");
            "%tY".formatted(d);
            "%s is %n a text".formatted(s);
            "%x".formatted(n);
            "100 %%d".formatted(n);
            String.format(Locale.ROOT, "%d", n);
            s.toLowerCase(Locale.ROOT);
            Character.toUpperCase('c');
            DateTimeFormatter.ofPattern("yyyy", Locale.ROOT);
          }
        }
        """);
    assertThat(new SourceRules(sources).localeFaults())
        .extracting(fault -> fault.substring(0, fault.indexOf(' ')))
        .containsExactlyInAnyOrder(
            "Texts.java:3",
            "Texts.java:4",
            "Texts.java:5",
            "Texts.java:6",
            "Texts.java:7",
            "Texts.java:8",
            "Texts.java:9",
            "Texts.java:10",
            "Texts.java:11",
            "Texts.java:12",
            "Texts.java:13",
            "Texts.java:14");
  }

  private static void writeLines(Path sources, String name, int lines) throws IOException {
    Path file = sources.resolve("a").resolve(name + ".java");
    Files.createDirectories(sources.resolve("a"));
    Files.writeString(
        file, "// a comment\n\n/** And\n * another. */\n" + "int line;\n".repeat(lines));
  }

  private static List<String> withoutLines(List<String> faults) {
    return faults.stream().map(fault -> fault.replaceFirst("^Planted.java:\\d+ ", "")).toList();
  }
}
