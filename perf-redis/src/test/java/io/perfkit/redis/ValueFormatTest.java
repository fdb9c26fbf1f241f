package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ValueFormatTest {
  private final ValueFormat<String> text = ValueFormat.of(Codec.string());

  record Profile(long id, String name, List<String> tags, Instant since) {}

  record Loop(Loop self) {}

  @Test
  void givesBackWhatWasWritten() {
    assertThat(text.decode(text.encode("grüße"))).contains("grüße");
    assertThat(text.decode(text.encode(""))).contains("");

    ValueFormat<Long> numbers = ValueFormat.of(Codec.longs());
    assertThat(numbers.decode(numbers.encode(Long.MIN_VALUE))).contains(Long.MIN_VALUE);

    ValueFormat<byte[]> raw = ValueFormat.of(Codec.bytes());
    assertThat(raw.decode(raw.encode(new byte[] {0, -1}))).contains(new byte[] {0, -1});

    ValueFormat<Profile> profiles = ValueFormat.of(Codec.json(Profile.class));
    Profile profile = new Profile(7, "user-7", List.of("a", "b"), Instant.ofEpochSecond(1, 5));
    assertThat(profiles.decode(profiles.encode(profile))).contains(profile);
  }

  @Test
  void startsWithTheDocumentedHeader() {
    byte[] bytes = ValueFormat.of(Codec.longs()).encode(1L);

    assertThat(bytes)
        .containsExactly(0xD7, 1, 3, 0, 0, 0, 0, 0, /* payload */ 0, 0, 0, 0, 0, 0, 0, 1);
  }

  @Test
  void deflatesOnlyAboveTheThresholdAndOnlyIfShorter() {
    ValueFormat<String> deflating = text.withCompressionAbove(100);
    String regular = "ab".repeat(500);
    byte[] random = new byte[1_000];
    new Random(1).nextBytes(random);

    byte[] short100 = deflating.encode("a".repeat(100));
    byte[] deflated = deflating.encode(regular);

    assertThat(short100).hasSize(ValueFormat.HEADER_BYTES + 100);
    assertThat(deflated).hasSizeLessThan(100);
    assertThat(deflating.decode(deflated)).contains(regular);
    assertThat(text.decode(deflated)).as("the header tells, not the setting").contains(regular);
    assertThat(ValueFormat.of(Codec.bytes()).withCompressionAbove(100).encode(random))
        .hasSize(ValueFormat.HEADER_BYTES + 1_000);
  }

  @Test
  void takesForeignBytesForNoValue() {
    byte[] good = text.encode("value");

    assertThat(text.decode(new byte[0])).isEmpty();
    assertThat(text.decode("garbage by redis-cli".getBytes(UTF_8))).isEmpty();
    assertThat(text.decode(Arrays.copyOf(good, ValueFormat.HEADER_BYTES - 1))).isEmpty();
    for (int i = 0; i < ValueFormat.HEADER_BYTES; i++) {
      byte[] changed = good.clone();
      changed[i] ^= 0x40;
      assertThat(text.decode(changed)).as("header byte %s", i).isEmpty();
    }
    assertThat(ValueFormat.of(Codec.longs()).decode(good)).as("another codec").isEmpty();
    assertThat(ValueFormat.of(Codec.json(Profile.class)).decode(good)).isEmpty();
  }

  @Test
  void neverThrowsOnAnyTruncationOrBitFlip() {
    ValueFormat<Profile> profiles =
        ValueFormat.of(Codec.json(Profile.class)).withCompressionAbove(10).withMaxBytes(10_000);
    byte[] good =
        profiles.encode(new Profile(7, "x".repeat(500), List.of("a"), Instant.ofEpochSecond(1)));
    Random random = new Random(42);

    for (int length = 0; length < good.length; length++) {
      assertThat(profiles.decode(Arrays.copyOf(good, length))).as("cut at %s", length).isEmpty();
    }
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = good.clone();
      changed[random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(8));
      assertThat(profiles.decode(changed)).isNotNull();
    }
  }

  @Test
  void checksTheRawLengthBeforeItTakesMemory() {
    ValueFormat<String> small = text.withMaxBytes(1_000).withCompressionAbove(10);
    byte[] bomb = text.withCompressionAbove(10).encode("a".repeat(100_000));
    assertThat(small.decode(bomb)).isEmpty();

    byte[] lie = small.encode("a".repeat(900));
    for (int length : new int[] {-1, Integer.MAX_VALUE, 899, 901}) {
      byte[] lying = lie.clone();
      ByteBuffer.wrap(lying).putInt(ValueFormat.HEADER_BYTES, length);
      assertThat(small.decode(lying)).as("raw length %s", length).isEmpty();
    }
  }

  @Test
  void namesTheClassOfAValueThatCannotBeWritten() {
    Loop loop = new Loop(new Loop(null));
    ValueFormat<Object> loops = loops();

    assertThatThrownBy(() -> loops.encode(new Object()))
        .isInstanceOf(CodecFailed.class)
        .hasMessageContaining("java.lang.Object can't be encoded");
    assertThatThrownBy(() -> text.withMaxBytes(10).encode("12345678901"))
        .isInstanceOf(CodecFailed.class)
        .hasMessage("java.lang.String takes 11 bytes (expected: at most maxBytes 10)");
    assertThatThrownBy(() -> text.encode("\uD800"))
        .isInstanceOf(CodecFailed.class)
        .hasRootCauseInstanceOf(java.nio.charset.CharacterCodingException.class);
    assertThat(loop.self()).isNotNull();
  }

  /** A codec that can write nothing. */
  private static ValueFormat<Object> loops() {
    return ValueFormat.of(
        new Codec<>() {
          @Override
          public byte id() {
            return 64;
          }

          @Override
          public int schema() {
            return 1;
          }

          @Override
          public byte[] encode(Object value) {
            throw new IllegalStateException("no bytes for this");
          }

          @Override
          public Object decode(byte[] payload) {
            throw new IllegalStateException("no value in this");
          }
        });
  }

  @Test
  void refusesImpossibleSettings() {
    assertThatThrownBy(() -> text.withMaxBytes(0)).hasMessageStartingWith("maxBytes: 0 (expected:");
    assertThatThrownBy(() -> text.withMaxBytes((512 << 20) + 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> text.withCompressionAbove(-1))
        .hasMessageStartingWith("compressAboveBytes: -1 (expected: 0 to maxBytes");
    assertThatThrownBy(() -> text.encode(null)).hasMessage("value");
    assertThat(text.withMaxBytes(10).compressAboveBytes()).as("off stays off").isEqualTo(10);
  }
}
