package io.perfkit.cache.weave;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ScalarCodecTest {
  private final ScalarCodec codec = ScalarCodec.of(Object.class);

  @Test
  void readsBackTheSameValueOfTheSameClass() {
    Object[] values = {
      "",
      "text: \u00fc \ud83d\ude00",
      true,
      false,
      'c',
      (byte) -1,
      (short) -2,
      0,
      Integer.MIN_VALUE,
      0L,
      Long.MAX_VALUE,
      0.1f,
      Float.NaN,
      -0.0,
      0.1,
      Double.MIN_VALUE,
      Double.POSITIVE_INFINITY,
      BigInteger.ONE.shiftLeft(200),
      new BigDecimal("1.10"),
      new BigDecimal("1E+9")
    };
    for (Object value : values) {
      Object read = codec.decode(codec.encode(value));
      assertThat(read).isEqualTo(value).hasSameClassAs(value);
    }
  }

  @Test
  void refusesOtherClassesAndSaysWhatToDo() {
    assertThatThrownBy(() -> codec.encode(Date.from(Instant.EPOCH)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "java.util.Date from a method that returns Object (expected: a String, boolean, char or"
                + " number); let the method return the class itself, or give its cache a codec");
    assertThatThrownBy(() -> ScalarCodec.of(Number.class).encode(new AtomicLong()))
        .hasMessageStartingWith(
            "java.util.concurrent.atomic.AtomicLong from a method that returns N");
    assertThatThrownBy(() -> ScalarCodec.of(String.class))
        .hasMessage("declared: java.lang.String (expected: Object or Number)");
  }

  @Test
  void takesNoOtherBytesForAValue() {
    for (String payload : List.of("", "x1", "ione", "tyes", "cab", "c")) {
      assertThatThrownBy(() -> codec.decode(payload.getBytes(UTF_8)))
          .as(payload)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
