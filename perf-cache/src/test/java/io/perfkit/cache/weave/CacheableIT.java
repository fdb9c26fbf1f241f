package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

@RealRedis
final class CacheableIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final UnifiedJedis redis;
  private final String prefix;
  private final Caches caches;
  private final Weaver weaver;

  CacheableIT(TestRedis server) {
    redis = server.client();
    prefix = server.prefix() + UUID.randomUUID();
    caches = Nodes.patient(redis, prefix);
    weaver = Weaver.of(CacheAspect.of(caches));
  }

  @BeforeEach
  void hearOthers() {
    Await.until("subscribed", DEADLINE, caches::subscribed);
  }

  @AfterEach
  void close() {
    caches.close();
  }

  record User(long id, String name) {}

  @CacheDefaults(ttl = "PT30M")
  static class Users {
    final List<Object> loads = new ArrayList<>();

    @Cacheable(cache = "user_profile", ttl = "20m")
    User find(long id) {
      loads.add(id);
      return id == 0 ? null : new User(id, "user " + id);
    }

    User findTwice(long id) {
      find(id);
      return find(id);
    }

    @Cacheable("count")
    int count() {
      loads.add("count");
      return loads.size();
    }

    @Cacheable("pages")
    List<User> page(String group, int page) {
      loads.add(group + page);
      return List.of(new User(page, group));
    }

    @Cacheable("texts")
    String join(String left, String right) {
      loads.add(left + "|" + right);
      return left + "|" + right;
    }

    @Cacheable("marked")
    String marked(@CacheKey UUID id, String unrelated) {
      loads.add(unrelated);
      return id + unrelated;
    }

    @Cacheable("optional")
    Optional<User> maybe(Long id) {
      loads.add(id);
      return id == 0 ? Optional.empty() : Optional.of(new User(id, "maybe"));
    }

    @Cacheable("failing")
    String fails(String key) throws IOException {
      loads.add(key);
      throw new IOException(key);
    }

    @Cacheable("varargs")
    String all(@CacheKey String first, String... more) {
      loads.add(first);
      return first + more.length;
    }
  }

  @Test
  void keepsAMethodsResult() {
    Users users = weaver.create(Users.class);

    assertThat(users.find(5)).isEqualTo(new User(5, "user 5"));
    assertThat(users.find(5)).isEqualTo(new User(5, "user 5"));
    assertThat(users.findTwice(6)).as("called by itself").isEqualTo(new User(6, "user 6"));
    assertThat(users.loads).containsExactly(5L, 6L);
    assertThat(redis.pttl(redisKey("user_profile", "5")))
        .isBetween(Duration.ofMinutes(18).toMillis(), Duration.ofMinutes(20).toMillis());
  }

  @Test
  void anotherNodeReadsWhatThisOneKept() {
    weaver.create(Users.class).find(5);
    try (Caches others = Nodes.patient(redis, prefix)) {
      Users there = Weaver.of(CacheAspect.of(others)).create(Users.class);
      assertThat(there.find(5)).isEqualTo(new User(5, "user 5"));
      assertThat(there.loads).isEmpty();
    }
  }

  @Test
  void keepsNoNull() {
    Users users = weaver.create(Users.class);

    assertThat(users.find(0)).isNull();
    assertThat(users.find(0)).isNull();
    assertThat(users.loads).hasSize(2);
  }

  @Test
  void keepsPrimitivesAndTakesNoArgumentsForOneKey() {
    Users users = weaver.create(Users.class);

    assertThat(users.count()).isEqualTo(1);
    assertThat(users.count()).isEqualTo(1);
    assertThat(redis.pttl(redisKey("count", "")))
        .isBetween(Duration.ofMinutes(27).toMillis(), Duration.ofMinutes(30).toMillis());
  }

  @Test
  void takesAllArgumentsOrTheMarkedOnesForTheKey() {
    Users users = weaver.create(Users.class);

    assertThat(users.page("a", 1)).isEqualTo(users.page("a", 1));
    users.page("a", 2);
    users.page("b", 1);
    assertThat(users.loads).containsExactly("a1", "a2", "b1");
    assertThat(redis.exists(redisKey("pages", "a:1"))).isTrue();

    UUID id = UUID.randomUUID();
    assertThat(users.marked(id, "first")).isEqualTo(users.marked(id, "second"));
    assertThat(users.all("a", "b")).isEqualTo(users.all("a"));
  }

  @Test
  void keysThatDifferNeverShareAnEntry() {
    Users users = weaver.create(Users.class);
    List<String> nasty =
        new ArrayList<>(List.of("", ":", "\\", "\\:", "a", "a:b", "\\N", "N", "b:c"));
    nasty.add(null);
    for (String left : nasty) {
      for (String right : nasty) {
        assertThat(users.join(left, right)).isEqualTo(left + "|" + right);
      }
    }
    try (Caches others = Nodes.patient(redis, prefix)) { // by their text in Redis alone
      Users there = Weaver.of(CacheAspect.of(others)).create(Users.class);
      for (String left : nasty) {
        for (String right : nasty) {
          assertThat(there.join(left, right)).isEqualTo(left + "|" + right);
        }
      }
      assertThat(there.loads).isEmpty();
    }
  }

  @Test
  void keepsWhatIsInAnOptional() {
    Users users = weaver.create(Users.class);

    assertThat(users.maybe(3L)).contains(new User(3, "maybe"));
    assertThat(users.maybe(3L)).contains(new User(3, "maybe"));
    assertThat(users.maybe(0L)).isEmpty();
    assertThat(users.maybe(0L)).isEmpty();
    assertThat(users.loads).containsExactly(3L, 0L, 0L);
  }

  @Test
  void passesCheckedExceptionsOnAsTheyAre() {
    Users users = weaver.create(Users.class);

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> users.fails("a"))
          .isExactlyInstanceOf(IOException.class)
          .hasMessage("a")
          .hasNoCause();
    }
    assertThat(users.loads).hasSize(2);
  }

  @Test
  void usesACacheOfTheHost() {
    Cache<Long, User> host =
        caches.cache("user_profile", Long.class, Codec.json(User.class), CacheConfig.defaults());
    Weaver ours =
        Weaver.of(CacheAspect.builder(caches).cache(host, Long.class, User.class).build());

    assertThatThrownBy(() -> ours.create(Users.class))
        .hasMessageContaining(
            "Users.find(long): ttl: \"20m\" contradicts the cache given to the aspect, where cache"
                + " 'user_profile' has its own settings; a cache has one ttl");
  }

  private String redisKey(String cache, String key) {
    return Nodes.redisKeyOf(prefix, cache, key);
  }
}
