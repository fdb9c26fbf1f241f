package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.util.JedisClusterCRC16;

final class KeySpaceTest {
  private final KeySpace orders = KeySpace.of("shop", "orders");

  @Test
  void namesAKeyByPrefixTagVersionKindAndId() {
    assertThat(text(orders.key("entry", "42"))).isEqualTo("shop:{orders}:v1:entry:42");
    assertThat(text(orders.withVersion(2).key("entry", "42")))
        .isEqualTo("shop:{orders}:v2:entry:42");
    assertThat(text(orders.partitionKey("generation", 0))).isEqualTo("shop:{orders}:v1:generation");
  }

  @Test
  void keepsAPartitionInOneSlotAndSpreadsPartitions() {
    KeySpace spread = orders.withPartitions(64);
    Set<Integer> slots = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      String id = "id-" + i;
      int slot = JedisClusterCRC16.getSlot(spread.key("entry", id));
      slots.add(slot);
      assertThat(JedisClusterCRC16.getSlot(spread.key("tag", id))).isEqualTo(slot);
      assertThat(JedisClusterCRC16.getSlot(spread.partitionKey("generation", spread.partition(id))))
          .isEqualTo(slot);
    }
    assertThat(slots).hasSize(64);
  }

  @Test
  void anIdWithBracesDoesNotMoveTheKey() {
    assertThat(JedisClusterCRC16.getSlot(orders.key("entry", "{elsewhere}")))
        .isEqualTo(JedisClusterCRC16.getSlot(orders.key("entry", "42")));
  }

  @Test
  void shortensALongIdToItsDigestAndNeverConfusesTheTwo() {
    String longest = "x".repeat(KeySpace.ID_BYTES_MAX);
    assertThat(text(orders.key("entry", longest))).endsWith(longest);

    String digested = text(orders.key("entry", longest + "x"));
    assertThat(digested).matches("shop:\\{orders}:v1:entry:#[0-9a-f]{64}");
    assertThat(text(orders.key("entry", longest + "y"))).isNotEqualTo(digested);

    String lookalike = digested.substring(digested.indexOf('#'));
    assertThat(text(orders.key("entry", lookalike))).isNotEqualTo(digested);
    assertThat(text(orders.key("entry", "é".repeat(101)))).contains("#");
  }

  @Test
  void refusesNamesThatWouldBreakTheKey() {
    assertThatThrownBy(() -> KeySpace.of("shop", "or{d}ers"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: 'or{d}ers' (expected: 1 to 100 of letters, digits and . _ : -)");
    assertThatThrownBy(() -> KeySpace.of("shop", "a\nb\u202e" + "x".repeat(300)))
        .hasMessageStartingWith("name: 'a\\u000ab\\u202exx")
        .hasMessageContaining("\u2026 (304 characters)' (expected: 1 to 100 of");
    assertThatThrownBy(() -> KeySpace.of("", "orders")).hasMessageStartingWith("prefix: ''");
    assertThatThrownBy(() -> KeySpace.of(null, "orders"))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("prefix");
    assertThatThrownBy(() -> orders.withVersion(0)).hasMessage("version: 0 (expected: >= 1)");
    assertThatThrownBy(() -> orders.withPartitions(0))
        .hasMessage("partitions: 0 (expected: 1 to 16384)");
    assertThatThrownBy(() -> orders.withPartitions(16_385))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> orders.key("a b", "42")).hasMessageStartingWith("kind: 'a b'");
    assertThatThrownBy(() -> orders.partitionKey("tag", 1))
        .hasMessage("partition: 1 (expected: 0 to 0)");
  }

  @Test
  void aKindNamesItsKeysAsTheKeySpaceDoes() {
    KeySpace.Kind entry = orders.kind("entry");
    for (String id : List.of("42", "", "é", "#x", "x".repeat(KeySpace.ID_BYTES_MAX + 1))) {
      assertThat(entry.key(id)).isEqualTo(orders.key("entry", id));
    }
    assertThatThrownBy(() -> orders.kind("a b")).hasMessageStartingWith("kind: 'a b'");
    assertThatThrownBy(() -> orders.withPartitions(2).kind("entry"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("partitions: 2 (expected: 1)");
  }

  @Test
  void takesLettersDigitsAndFourSignsForAName() {
    String plain = "ABCXYZabcxyz0123456789._:-";
    assertThat(KeySpace.of(plain, "n").prefix()).isEqualTo(plain);
    assertThat(KeySpace.of("n".repeat(100), "n").prefix()).hasSize(100);
    for (String other :
        List.of("@", "[", "`", "{", "/", ";", ",", "\u0130", "\u00e9", "n".repeat(101))) {
      assertThatThrownBy(() -> KeySpace.of(other, "n")).hasMessageStartingWith("prefix: '" + other);
    }
  }

  private static String text(byte[] key) {
    return new String(key, UTF_8);
  }

  @Test
  void refusesHalfOfASurrogatePairSoThatTwoIdsNeverShareAKey() {
    KeySpace keys = KeySpace.of("p", "n").withPartitions(4);
    for (String cut : List.of("party \uD83C", "\uD83D x", "\uDF89")) {
      assertThatThrownBy(() -> keys.key("entry", cut))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("id: half of a surrogate pair, \\u");
      assertThatThrownBy(() -> keys.partition(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(keys.key("entry", "party \uD83C\uDF89")).isNotEmpty();
  }
}
