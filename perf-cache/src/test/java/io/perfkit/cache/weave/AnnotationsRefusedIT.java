package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import io.perfkit.weave.WeavingRefused;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is wrong with cache annotations is found when weaving, all of it. */
@RealRedis
final class AnnotationsRefusedIT {
  private final Caches caches;
  private final Weaver weaver;

  AnnotationsRefusedIT(TestRedis server) {
    caches = Nodes.patient(server.client(), server.prefix() + UUID.randomUUID());
    weaver = Weaver.of(CacheAspect.of(caches));
  }

  @AfterEach
  void close() {
    caches.close();
  }

  record User(long id, String name) {}

  record Chain(long id, Chain next) {}

  @CacheDefaults(cache = "users")
  static class OneCacheForTwo {
    @Cacheable
    String name(long id) {
      return "name of " + id;
    }

    @Cacheable
    String email(long id) {
      return "email of " + id;
    }
  }

  @CacheDefaults(cache = "names")
  static class OneCacheOnPurpose {
    @Cacheable(cache = "names")
    String name(long id) {
      return "name of " + id;
    }

    @Cacheable(cache = "names")
    String alias(long id) {
      return name(id);
    }
  }

  @Test
  void twoMethodsOfEqualTypesShareNoCacheUnlessTheySaySo() {
    assertThatThrownBy(() -> weaver.create(OneCacheForTwo.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("for both use cache 'users' of @CacheDefaults with equal types");

    OneCacheOnPurpose names = weaver.create(OneCacheOnPurpose.class);
    assertThat(names.name(1)).isEqualTo(names.alias(1));
  }

  @CacheDefaults(cache = "mixed")
  static class NamedFirst {
    @Cacheable(cache = "mixed")
    String a(long id) {
      return "of " + id;
    }

    @Cacheable
    String b(long id) {
      return a(id);
    }

    @Cacheable(batch = true)
    Map<Long, String> many(List<Long> ids) {
      return ids.stream().collect(Collectors.toMap(id -> id, this::a));
    }
  }

  @CacheDefaults(cache = "mixed")
  static class NamedLast {
    @Cacheable
    String b(long id) {
      return c(id);
    }

    @Cacheable(cache = "mixed")
    String c(long id) {
      return "of " + id;
    }
  }

  @CacheDefaults(cache = "mixed")
  static class ThreeOfWhichTwoSayNothing {
    @Cacheable(cache = "mixed")
    String a(long id) {
      return "of " + id;
    }

    @Cacheable
    String b(long id) {
      return "b of " + id;
    }

    @Cacheable
    String c(long id) {
      return "c of " + id;
    }
  }

  @Test
  void whetherACacheIsSharedOnPurposeDoesNotDependOnTheOrderOfMethods() {
    for (Class<?> mixed : List.of(NamedFirst.class, NamedLast.class)) {
      try (Caches own = Caches.local()) {
        assertThat(Weaver.of(CacheAspect.of(own)).create(mixed)).isNotNull();
        assertThat(Weaver.of(CacheAspect.of(own)).create(mixed)).as("again").isNotNull();
      }
    }
    try (Caches own = Caches.local()) {
      assertThatThrownBy(
              () -> Weaver.of(CacheAspect.of(own)).create(ThreeOfWhichTwoSayNothing.class))
          .isInstanceOf(WeavingRefused.class)
          .hasMessageContaining(
              "ThreeOfWhichTwoSayNothing.c(long): would answer calls of"
                  + " ThreeOfWhichTwoSayNothing.b(long)");
      Weaver.of(CacheAspect.of(own)).create(NamedFirst.class);
      assertThatThrownBy(() -> Weaver.of(CacheAspect.of(own)).create(NamedLast.class))
          .as("another class that leaves the name out too")
          .hasMessageContaining("NamedLast.b(long): would answer calls of NamedFirst.b(long)");
    }
  }

  @Test
  void aCacheOfTheHostIsSharedOnlyOnPurposeToo() {
    Cache<Long, String> users =
        caches.cache("users", Long.class, Codec.string(), CacheConfig.defaults());
    Weaver known =
        Weaver.of(CacheAspect.builder(caches).cache(users, Long.class, String.class).build());
    assertThatThrownBy(() -> known.create(OneCacheForTwo.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("for both use cache 'users' of @CacheDefaults with equal types");
  }

  @org.springframework.cache.annotation.CacheConfig
  static class OfSpring {
    @org.springframework.cache.annotation.Cacheable
    String name(long id) {
      return "name of " + id;
    }

    @javax.cache.annotation.CacheResult
    String other(long id) {
      return "other of " + id;
    }

    @Cacheable("users")
    String email(@javax.cache.annotation.CacheKey long id) {
      return "email of " + id;
    }
  }

  @Test
  void annotationsOfSpringAndJCacheAreToldApart() {
    WeavingRefused refused =
        catchThrowableOfType(WeavingRefused.class, () -> weaver.create(OfSpring.class));
    assertThat(refused.problems())
        .containsExactlyInAnyOrder(
            says("OfSpring", "org.springframework.cache.annotation.CacheConfig", "CacheDefaults"),
            says(
                "OfSpring.name(long)",
                "org.springframework.cache.annotation.Cacheable",
                "Cacheable"),
            says("OfSpring.other(long)", "javax.cache.annotation.CacheResult", "Cacheable"),
            says("OfSpring.email(long)", "javax.cache.annotation.CacheKey", "CacheKey"));
  }

  private static String says(String place, String foreign, String own) {
    return place
        + " has @"
        + foreign
        + ", which no aspect of this weaver reads; write @io.perfkit.cache.weave."
        + own
        + ", or remove the annotation";
  }

  static class KeyOfItself {
    @Cacheable("chains")
    String chain(Chain key) {
      return "";
    }
  }

  @Test
  void aRecordThatContainsItselfIsNoKey() {
    assertThatThrownBy(() -> weaver.create(KeyOfItself.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("Chain can't be a key, for it contains itself");
  }

  @Test
  void closedCachesAreNotWovenIn() {
    caches.close();
    assertThatThrownBy(() -> weaver.create(OneCacheOnPurpose.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("closed: ");
  }

  static class Faulty {
    @Cacheable("a")
    void nothing() {}

    @Cacheable
    String unnamed(long id) {
      return "";
    }

    @Cacheable(value = "a", cache = "b")
    String twoNames(long id) {
      return "";
    }

    @Cacheable("na{me")
    String badName(long id) {
      return "";
    }

    @Cacheable(cache = "ttl", ttl = "30 minutes")
    String badTtl(long id) {
      return "";
    }

    @Cacheable(cache = "local", ttl = "1m", localTtl = "2m")
    String longerCopies(long id) {
      return "";
    }

    @Cacheable(cache = "key", key = "user.idd")
    String badKey(User user) {
      return "";
    }

    @Cacheable(cache = "result", key = "#result")
    String resultInKey(long id) {
      return "";
    }

    @Cacheable(cache = "condition", condition = "id")
    String badCondition(long id) {
      return "";
    }

    @Cacheable("list")
    String collection(List<Long> ids) {
      return "";
    }

    @Cacheable("abstract")
    Comparable<String> interfaceValue(long id) {
      return "";
    }

    @Cacheable("future")
    CompletableFuture<List<Runnable>> interfaceInside(long id) {
      return CompletableFuture.completedFuture(List.of());
    }

    @Cacheable(cache = "batch", batch = true)
    Map<String, String> noBatch(List<Long> ids) {
      return Map.of();
    }

    @Cacheable(cache = "marked", key = "id")
    String marked(@CacheKey long id) {
      return "";
    }

    @Cacheable("both")
    @CacheEvict("both")
    String both(long id) {
      return "";
    }

    @CacheEvict("missing")
    void evict(long id) {}

    @CachePut("users")
    void putNothing(long id) {}
  }

  @Test
  void namesAllFaultsOfAClass() {
    assertThatThrownBy(() -> weaver.create(Faulty.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageStartingWith(Faulty.class.getName() + " can't be woven, 16 problems:\n- ")
        .hasMessageContaining("Faulty.nothing(): returns nothing to keep; remove @Cacheable")
        .hasMessageContaining(
            "Faulty.unnamed(long): names no cache; add cache = \"..\", or @CacheDefaults(cache ="
                + " \"..\") on the class")
        .hasMessageContaining("Faulty.twoNames(long): names two caches, 'a' and 'b'; remove one")
        .hasMessageContaining("Faulty.badName(long): name: 'na{me'")
        .hasMessageContaining(
            "Faulty.badTtl(long): ttl: \"30 minutes\" (expected: a number and ms, s, m, h or d,")
        .hasMessageContaining(
            "Faulty.longerCopies(long): localTtl: \"2m\" (expected: at most the ttl, PT1M)")
        .hasMessageContaining(
            "Faulty.badKey(User): key: User has no property 'idd' that can be seen")
        .hasMessageContaining("\n  user.idd\n       ^")
        .hasMessageContaining(
            "Faulty.resultInKey(long): key: #result is known only after the call, not here")
        .hasMessageContaining(
            "Faulty.badCondition(long): condition: is long (expected: true or false)\n  id\n  ^")
        .hasMessageContaining("Faulty.collection(List): List can't be a key (expected: String,")
        .hasMessageContaining(
            "Faulty.interfaceValue(long): cache 'abstract' has no codec of its own, and type:")
        .hasMessageContaining(
            "Faulty.interfaceInside(long): returns a Runnable, which can be used once, so a second")
        .hasMessageContaining("Faulty.noBatch(List): is no batch (expected: Map<K, V> name(")
        .hasMessageContaining(
            "Faulty.marked(long): has a key and marks parameters by @CacheKey; remove one")
        .hasMessageContaining(
            "Faulty.both(long): is @Cacheable and changes caches, but a hit would change nothing")
        .hasMessageContaining("Faulty.putNothing(long): returns nothing to put; remove @CachePut");
    assertThat(weaver.create(Sound.class).find(1))
        .as("a refused class leaves no cache behind")
        .isEqualTo("1");
  }

  static class Sound {
    @Cacheable(cache = "local", ttl = "5m")
    String find(long id) {
      return "" + id;
    }
  }

  static class Contradicting {
    @Cacheable(cache = "users", ttl = "30m", localTtl = "10s")
    User find(long id) {
      return new User(id, "");
    }

    @Cacheable(cache = "users", ttl = "1h", localTtl = "20s")
    User other(long id) {
      return new User(id, "");
    }

    @Cacheable("users")
    User byName(String name) {
      return new User(1, name);
    }

    @Cacheable("users")
    String another(long id) {
      return "";
    }

    @Cacheable(cache = "users", ttl = "30m")
    User agrees(Long id) {
      return new User(id, "");
    }

    @Cacheable("users")
    User agreesToo(Long id) {
      return new User(id, "");
    }

    @CacheEvict("users")
    void evict(String name) {}

    @CachePut(cache = "users", key = "#result.id")
    String put(String name) {
      return name;
    }

    @CacheEvict(cache = "users", all = true, key = "id")
    void twoWays(long id) {}
  }

  @Test
  void oneCacheHasOneConfigurationAndOneTypeOfKeysAndValues() {
    assertThatThrownBy(() -> weaver.create(Contradicting.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "ttl: \"1h\" contradicts Contradicting.agrees(Long), where cache 'users' has PT30M; a"
                + " cache has one ttl")
        .hasMessageContaining("localTtl: \"20s\" contradicts Contradicting.agrees(Long)")
        .hasMessageContaining(
            "Contradicting.byName(String): its key (String) is not the key (Long) of cache 'users'"
                + " (Contradicting.agrees(Long)); make them the same types")
        .hasMessageContaining(
            "Contradicting.another(long): its value java.lang.String is not the value "
                + User.class.getTypeName()
                + " of cache 'users'")
        .hasMessageContaining("Contradicting.evict(String): its key (String) is not the key (Long)")
        .hasMessageContaining("Contradicting.put(String): its value java.lang.String is not")
        .hasMessageContaining("Contradicting.twoWays(long): @CacheEvict has more than one of all,");
  }

  static class Evicting {
    @CacheEvict("elsewhere")
    void evict(long id) {}
  }

  static class Declaring {
    @Cacheable(cache = "elsewhere", ttl = "1m")
    String find(long id) {
      return "v" + id;
    }
  }

  @Test
  void aCacheComesFromAClassWovenBeforeOrFromTheHost() {
    Declaring declaring = weaver.create(Declaring.class);
    declaring.find(1);
    weaver.create(Evicting.class).evict(1);

    Cache<Long, String> host =
        caches.cache("host", Long.class, Codec.string(), CacheConfig.defaults());
    Weaver withHosts =
        Weaver.of(CacheAspect.builder(caches).cache(host, Long.class, String.class).build());
    HostEvicting service = withHosts.create(HostEvicting.class);
    host.put(1L, "a");
    service.evict(1);
    assertThat(host.getIfPresent(1L)).isNull();
    assertThat(service.put(2)).isEqualTo("put2");
    assertThat(host.getIfPresent(2L)).isEqualTo("put2");
  }

  static class HostEvicting {
    @CacheEvict("host")
    void evict(long id) {}

    @CachePut("host")
    String put(long id) {
      return "put" + id;
    }
  }
}
