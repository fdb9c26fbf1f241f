package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Caches;
import io.perfkit.weave.Weaver;
import io.perfkit.weave.WeavingRefused;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Durations of annotations that the host's properties set. */
final class PlaceholdersTest {
  private final Caches caches = Caches.local();

  @AfterEach
  void close() {
    caches.close();
  }

  @CacheDefaults(localTtl = "${local:2}${unit}")
  static class Users {
    @Cacheable(cache = "users", ttl = "${cache.users.ttl:5m}")
    String name(long id) {
      return "name of " + id;
    }

    @Cacheable(cache = "users", ttl = "5m")
    String alias(long id) {
      return name(id);
    }
  }

  static class NoDefault {
    @Cacheable(cache = "users", ttl = "${cache.users.ttl}")
    String name(long id) {
      return "";
    }
  }

  static class Unended {
    @Cacheable(cache = "users", ttl = "${cache.users.ttl:5m")
    String name(long id) {
      return "";
    }
  }

  private <T> T weave(Class<T> type, Function<String, @Nullable String> properties) {
    return Weaver.of(CacheAspect.builder(caches).placeholders(properties).build()).create(type);
  }

  @Test
  void takesThePropertyOrElseTheDefault() {
    Users users = weave(Users.class, Map.of("unit", "m")::get);
    assertThat(users.name(1)).isEqualTo(users.alias(1));
    assertThat(caches.getCache("users").orElseThrow().toString())
        .contains("l2Ttl=PT5M")
        .contains("l1Ttl=PT2M");
  }

  @Test
  void aValueThatContradictsAnotherMethodIsRefused() {
    assertThatThrownBy(
            () -> weave(Users.class, Map.of("unit", "m", "cache.users.ttl", " PT1H ")::get))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("ttl: \"")
        .hasMessageContaining("contradicts");
  }

  @Test
  void saysWhatIsMissing() {
    assertThatThrownBy(() -> weave(NoDefault.class, name -> null))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "NoDefault.name(long): ttl: \"${cache.users.ttl}\" (expected: a property"
                + " 'cache.users.ttl', or a default as in \"${cache.users.ttl:5m}\")");
    assertThatThrownBy(() -> weave(NoDefault.class, name -> "soon"))
        .hasMessageContaining("ttl: \"soon\" (expected: a number and ms, s, m, h or d")
        .hasMessageContaining(", from \"${cache.users.ttl}\"");
    assertThatThrownBy(() -> weave(Unended.class, name -> "5m"))
        .hasMessageContaining("(expected: placeholders such as \"${cache.ttl:5m}\")");
    assertThatThrownBy(() -> Weaver.of(CacheAspect.of(caches)).create(NoDefault.class))
        .hasMessageContaining("has a placeholder (expected: CacheAspect.builder(caches)");
  }
}
