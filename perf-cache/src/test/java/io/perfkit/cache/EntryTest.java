package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class EntryTest {
  @Test
  void isAValueWithATimeAndTags() {
    Entry<String> entry = Entry.of("v").withTtl(Duration.ofSeconds(5)).withTags("a", "b");

    assertThat(entry).isEqualTo(new Entry<>("v", Duration.ofSeconds(5), Set.of("a", "b")));
    assertThat(Entry.absent().value()).isNull();
    assertThat(entry.unkept()).isEqualTo(new Entry<>("v", Duration.ZERO, Set.of("a", "b")));
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> Entry.of(null)).hasMessage("value");
    assertThatThrownBy(() -> Entry.of("v").withTtl(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxTtl: PT0S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> Entry.of("v").withTags(""))
        .hasMessage("tag: '' (expected: 1 to 200 bytes)");
    assertThatThrownBy(() -> Entry.of("v").withTags("é".repeat(101)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Entry.of("v").withTags("é".repeat(100)).tags()).hasSize(1);
    Set<String> many = new HashSet<>();
    for (int i = 0; i < 17; i++) {
      many.add("tag-" + i);
    }
    assertThatThrownBy(() -> new Entry<>("v", Duration.ofSeconds(1), many))
        .hasMessage("tags: 17 of them (expected: at most 16)");
  }
}
