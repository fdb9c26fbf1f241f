package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonCodecTest {
  record Inner(int count) {}

  record Outer(String name, List<Inner> parts) {}

  record OuterWithMore(String name, List<Inner> parts, boolean open) {}

  record Node(String name, List<Node> children) {}

  enum Color {
    RED,
    GREEN
  }

  record Holder(Map<String, ? extends Inner[]> inners, Color color) {}

  static class Bean {
    public String name = "";
  }

  static final class LongerBean extends Bean {
    public int age;
  }

  @Test
  void writesNoTypeNames() {
    byte[] json = Codec.json(Outer.class).encode(new Outer("a", List.of(new Inner(1))));

    assertThat(new String(json, UTF_8)).isEqualTo("{\"name\":\"a\",\"parts\":[{\"count\":1}]}");
  }

  @Test
  void schemaFollowsTheFieldsOfAllClassesInvolved() {
    int outer = Codec.json(Outer.class).schema();

    assertThat(Codec.json(Outer.class).schema()).isEqualTo(outer);
    assertThat(Codec.json(OuterWithMore.class).schema()).isNotEqualTo(outer);
    assertThat(Codec.json(LongerBean.class).schema()).isNotEqualTo(Codec.json(Bean.class).schema());
    assertThat(Codec.json(Node.class).schema()).as("a class that names itself").isNotZero();
    assertThat(ClassSchema.hash(Holder.class)).isNotEqualTo(ClassSchema.hash(Inner.class));
    assertThat(ClassSchema.hash(Color.class)).isNotEqualTo(ClassSchema.hash(String.class));
  }

  @Test
  void refusesATypeThatDoesNotSayWhatToBuild() {
    for (Class<?> vague : List.of(Object.class, Serializable.class, Number.class)) {
      assertThatThrownBy(() -> Codec.json(vague))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("type: " + vague.getName() + " can't be read back from JSON, at ")
          .hasMessageContaining("does not say which class to build (expected: a record");
    }
    assertThatThrownBy(() -> Codec.json(null)).hasMessage("type");
  }

  @Test
  void takesOtherJsonForNoValue() {
    Codec<Inner> codec = Codec.json(Inner.class);
    for (String other :
        List.of("null", "[]", "{\"count\":1}x", "{\"count\":1,\"b\":2}", "{\"count\":\"x\"}", "")) {
      assertThatThrownBy(() -> codec.decode(other.getBytes(UTF_8)))
          .as(other)
          .isInstanceOf(RuntimeException.class);
    }
  }
}
