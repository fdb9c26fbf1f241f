package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class TuplesTest {
  private static final List<Class<?>> TYPES =
      List.of(
          String.class,
          long.class,
          int.class,
          short.class,
          byte.class,
          char.class,
          boolean.class,
          float.class,
          double.class,
          List.class);

  @Test
  void areEqualIfAllValuesAre() throws Throwable {
    MethodHandle factory = Tuples.of(TYPES).factory();
    List<Object> values =
        List.of("a", 1L, 2, (short) 3, (byte) 4, 'c', true, 1.5f, 2.5, List.of("x"));
    List<Object> others =
        List.of("b", 2L, 3, (short) 4, (byte) 5, 'd', false, 2.5f, 3.5, List.of("y"));
    Object tuple = factory.invokeWithArguments(values);

    assertThat(tuple)
        .isEqualTo(factory.invokeWithArguments(new ArrayList<>(values)))
        .hasSameHashCodeAs(factory.invokeWithArguments(values))
        .isNotEqualTo("a")
        .isNotEqualTo(null);
    for (int i = 0; i < values.size(); i++) {
      List<Object> changed = new ArrayList<>(values);
      changed.set(i, others.get(i));
      assertThat(tuple).as("value %s", i).isNotEqualTo(factory.invokeWithArguments(changed));
    }
  }

  @Test
  void giveTheirValuesBackAndTakeNull() throws Throwable {
    Tuples tuples = Tuples.of(List.of(String.class, long.class, Long.class));
    Object tuple = tuples.factory().invokeExact((String) null, 5L, (Long) 6L);

    assertThat(tuples.values(tuple)).isEqualTo(Arrays.asList(null, 5L, 6L));
    assertThat(tuple)
        .isEqualTo(tuples.factory().invokeWithArguments(null, 5L, 6L))
        .isNotEqualTo(tuples.factory().invokeWithArguments("", 5L, 6L));
  }

  @Test
  void haveTheHashOfAListSoThatItIsTheSameInEveryJvm() throws Throwable {
    Object tuple = Tuples.of(List.of(String.class, int.class)).factory().invoke("a", 7);

    assertThat(tuple.hashCode()).isEqualTo(31 * Objects.hashCode("a") + 7);
  }
}
