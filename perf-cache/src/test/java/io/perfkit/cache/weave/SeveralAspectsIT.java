package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import io.perfkit.weave.WeavingRefused;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Readers of a cache and those who change it, woven by several aspects in any order. */
@RealRedis
final class SeveralAspectsIT {
  private final Caches caches;
  private final Caches otherCaches;

  SeveralAspectsIT(TestRedis server) {
    String prefix = server.prefix() + UUID.randomUUID();
    caches = Nodes.patient(server.client(), prefix);
    otherCaches = Nodes.patient(server.client(), prefix);
  }

  @AfterEach
  void close() {
    caches.close();
    otherCaches.close();
  }

  static class Reader {
    String stored = "old";

    @Cacheable(cache = "names", ttl = "1h")
    String name(long id) {
      return stored;
    }
  }

  static class Evictor {
    @CacheEvict("names")
    void changed(long id) {}

    @CacheEvict(cache = "names", all = true)
    void allChanged() {}
  }

  static class Putter {
    @CachePut(cache = "names", key = "id")
    String put(long id, String name) {
      return name;
    }
  }

  @Test
  void anEvictorMayBeWovenBeforeTheReader() {
    CacheAspect aspect = CacheAspect.of(caches);
    Evictor evictor = Weaver.of(CacheAspect.of(caches)).create(Evictor.class);
    assertThat(aspect.awaited()).containsExactly("names");
    Reader reader = Weaver.of(aspect).create(Reader.class);
    assertThat(aspect.awaited()).isEmpty();
    reader.name(1);
    reader.stored = "new";
    evictor.changed(1);
    assertThat(reader.name(1)).isEqualTo("new");
    reader.stored = "newer";
    evictor.allChanged();
    assertThat(reader.name(1)).isEqualTo("newer");
    assertThat(Weaver.of(CacheAspect.of(caches)).create(Putter.class).put(1, "put"))
        .isEqualTo("put");
    assertThat(reader.name(1)).isEqualTo("put");
  }

  @Test
  void anEvictionBeforeTheReaderIsWovenReachesRedisAndOtherNodes() {
    CacheConfig hour = CacheConfig.builder().l2Ttl(Duration.ofHours(1)).build();
    CacheAspect aspect = CacheAspect.builder(caches).config("names", hour).build();
    Reader elsewhere = Weaver.of(CacheAspect.of(otherCaches)).create(Reader.class);
    elsewhere.name(1);
    Weaver.of(aspect).create(Evictor.class).changed(1);
    elsewhere.stored = "new";
    Reader reader = Weaver.of(aspect).create(Reader.class);
    reader.stored = "new";

    assertThat(reader.name(1)).isEqualTo("new");
    Await.until(
        "the other node's copy ended",
        Duration.ofSeconds(10),
        () -> elsewhere.name(1).equals("new"));
  }

  static class OtherKeys {
    @CacheEvict("names")
    void changed(String id) {}
  }

  @Test
  void aReaderThatDisagreesWithAnEvictorBeforeItIsRefused() {
    Weaver.of(CacheAspect.of(caches)).create(OtherKeys.class);

    assertThatThrownBy(() -> Weaver.of(CacheAspect.of(caches)).create(Reader.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "its key (long) is not the key (String) by which OtherKeys.changed(String) changes cache"
                + " 'names'; make them the same types");
  }

  @Test
  void aCacheOpenedByAnEvictionKeepsItsSettings() {
    CacheAspect aspect = CacheAspect.of(caches);
    Weaver weaver = Weaver.of(aspect);
    weaver.create(Evictor.class).changed(1);

    assertThatThrownBy(() -> weaver.create(Reader.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("cache 'names' was opened before, by a call of Evictor.allChanged()")
        .hasMessageContaining("give both the settings by CacheAspect.builder(..).config(\"names\"");
  }
}
