package io.perfkit.db;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.pool.ConnectionDefaults;
import io.perfkit.db.pool.UtilisationRule;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each public settings record of the module has a builder that holds all of them. */
final class ConfigsTest {
  @Test
  void othersAreDerivedFromEachWithAnyOneSettingChanged() throws Exception {
    List<Class<?>> configs = configs();
    assertThat(configs).hasSizeGreaterThanOrEqualTo(6);
    for (Class<?> config : configs) {
      Object defaults = config.getMethod("defaults").invoke(null);
      assertThat(built(builder(defaults))).as("%s", config).isEqualTo(defaults);
      for (RecordComponent component : config.getRecordComponents()) {
        Object changed = changed(defaults, component);
        assertThat(component.getAccessor().invoke(changed))
            .as("%s", component)
            .isNotEqualTo(component.getAccessor().invoke(defaults));
        assertThat(built(builder(changed))).as("%s", component).isEqualTo(changed);
      }
    }
  }

  private static List<Class<?>> configs() throws IOException, ClassNotFoundException {
    try (InputStream names = ConfigsTest.class.getResourceAsStream("/public-types.txt")) {
      Stream<String> all = new String(requireNonNull(names).readAllBytes(), UTF_8).lines();
      Stream.Builder<Class<?>> found = Stream.builder();
      for (String name : all.filter(n -> n.matches(".*(Config|Rule)")).toList()) {
        found.add(Class.forName(name));
      }
      return found.build().toList();
    }
  }

  private static Object builder(Object config) throws ReflectiveOperationException {
    return config.getClass().getMethod("toBuilder").invoke(config);
  }

  private static Object built(Object builder) throws ReflectiveOperationException {
    return builder.getClass().getMethod("build").invoke(builder);
  }

  /** The settings with another value for one of them that is within its bounds. */
  private static Object changed(Object config, RecordComponent component)
      throws ReflectiveOperationException {
    List<?> values = others(component.getAccessor().invoke(config));
    for (Object value : values) {
      Object builder = builder(config);
      builder.getClass().getMethod(component.getName(), component.getType()).invoke(builder, value);
      try {
        return built(builder);
      } catch (InvocationTargetException outOfBounds) {
        // The next one may be within them.
      }
    }
    throw new AssertionError(component + " takes none of " + values);
  }

  /** Values near the given one: one of them is within the bounds. */
  private static List<?> others(Object value) {
    if (value instanceof Integer n) {
      return List.of(n + 1, n - 1);
    } else if (value instanceof Long n) {
      return List.of(n + 1, n - 1);
    } else if (value instanceof Double n) {
      return List.of(n + 0.05, n - 0.05);
    } else if (value instanceof Boolean on) {
      return List.of(!on);
    } else if (value instanceof Duration time) {
      return List.of(time.multipliedBy(2), time.plusSeconds(1));
    } else if (value instanceof String text) {
      return List.of(text + "x");
    } else if (value instanceof List<?>) {
      return List.of(List.of("x"));
    } else if (value instanceof Enum<?> constant) {
      return Stream.of(constant.getDeclaringClass().getEnumConstants())
          .filter(other -> other != constant)
          .toList();
    } else if (value instanceof ConnectionDefaults defaults) {
      return List.of(defaults.withReadOnly(!defaults.readOnly()));
    } else if (value instanceof UtilisationRule rule) {
      return List.of(rule.toBuilder().windows(rule.windows() + 1).build());
    }
    throw new IllegalArgumentException(value.getClass() + " (expected: one of those above)");
  }
}
