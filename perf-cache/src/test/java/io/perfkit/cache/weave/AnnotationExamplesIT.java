package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The Java of README.md and docs/guide/annotations.md, run. */
@RealRedis
final class AnnotationExamplesIT {
  record User(long id, String name) {}

  record Customer(long id) {}

  record Order(long customer, int page) {}

  record Team(String name, String country) {}

  record Trace(String id) {}

  record Session(String token) {}

  static final class Database {
    final List<Long> loads = new ArrayList<>();

    User load(long id) {
      loads.add(id);
      return new User(id, "user " + id);
    }

    Map<Long, User> loadAll(Collection<Long> ids) {
      return ids.stream().collect(Collectors.toMap(id -> id, this::load));
    }

    User store(User user) {
      return user;
    }

    void delete(long id) {}
  }

  static class UserService {
    private final Database database;

    UserService(Database database) {
      this.database = database;
    }

    @Cacheable(cache = "user_profile", ttl = "30m")
    User profile(long id) {
      return database.load(id);
    }

    @CachePut(cache = "user_profile", key = "user.id")
    User save(User user) {
      return database.store(user);
    }

    @CacheEvict("user_profile")
    void delete(long id) {
      database.delete(id);
    }
  }

  static class Others {
    final Database database = new Database();

    @Cacheable(cache = "user_profile", batch = true)
    Map<Long, User> profiles(Collection<Long> ids) {
      return database.loadAll(ids); // only those that no level holds
    }

    @Cacheable(
        cache = "orders",
        key = {"customer.id", "page"},
        condition = "page <= 10")
    List<Order> orders(Customer customer, int page, Trace trace) {
      database.loads.add(customer.id());
      return List.of(new Order(customer.id(), page));
    }

    @Cacheable(cache = "teams", tags = "'country:' + #result.country")
    Team team(String name) {
      database.loads.add(0L);
      return new Team(name, "it");
    }

    @CacheEvict(cache = "teams", tags = "'country:' + country")
    void closeCountry(String country) {}

    @Cacheable("thumbnails")
    byte[] thumbnail(long id) {
      return new byte[] {(byte) id};
    }
  }

  private final Database database = new Database();
  private final RedisClient redis;

  /** While it is open all caches of the client have its budget, which a busy machine keeps. */
  private final RedisGuard patient;

  AnnotationExamplesIT(TestRedis server) {
    redis = server.client();
    patient =
        RedisGuard.builder(redis)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
  }

  @AfterEach
  void close() {
    patient.close();
  }

  @Test
  void createsAService() {
    Caches caches = Caches.create(redis, "shop");
    Weaver weaver = Weaver.of(CacheAspect.of(caches));
    UserService users = weaver.create(UserService.class, database);
    User loaded = users.profile(42); // kept in Redis and in this process
    User hit = users.profile(42); // the price of cache.get(..), nothing allocated

    assertThat(hit).isEqualTo(loaded).isEqualTo(new User(42, "user 42"));
    assertThat(database.loads).hasSizeLessThan(2);
    users.save(new User(42, "renamed"));
    assertThat(users.profile(42).name()).isEqualTo("renamed");
    users.delete(42);
    assertThat(users.profile(42).name()).isEqualTo("user 42");
    users.delete(42);
    caches.close();
  }

  @Test
  void wrapsAService() {
    try (Caches caches = Caches.create(redis, "wrapping")) {
      Weaver weaver = Weaver.of(CacheAspect.of(caches));
      UserService wrapped = weaver.wrap(new UserService(database));
      assertThat(wrapped.profile(7)).isEqualTo(wrapped.profile(7));
      wrapped.delete(7);
    }
  }

  @Test
  void takesCachesOfTheHost() {
    try (Caches caches = Caches.create(redis, "others")) {
      Cache<String, Session> sessions =
          caches.cache("sessions", String.class, Codec.json(Session.class), CacheConfig.defaults());
      CacheAspect aspect =
          CacheAspect.builder(caches)
              .config(CacheConfig.builder().maxEntries(50_000).build())
              .codec("thumbnails", Codec.bytes())
              .cache(sessions, String.class, Session.class)
              .build();

      Others others = Weaver.of(aspect).create(Others.class);
      assertThat(others.profiles(List.of(1L, 2L))).hasSize(2);
      assertThat(others.profiles(List.of(2L, 3L))).containsOnlyKeys(2L, 3L);
      assertThat(others.orders(new Customer(5), 1, new Trace("a")))
          .isEqualTo(others.orders(new Customer(5), 1, new Trace("b")));
      assertThat(others.team("a")).isEqualTo(others.team("a"));
      others.closeCountry("it");
      assertThat(others.thumbnail(3)).containsExactly(3);
      assertThat(others.database.loads).doesNotHaveDuplicates();
    }
  }

  static class Search {
    @Cacheable(
        cache = "results",
        ttl = "${cache.results.ttl:5m}",
        condition = "words.size <= 10",
        unless = "#result.empty")
    List<String> find(List<String> words, @CacheKey String joined) {
      return words;
    }
  }

  private final Map<String, String> properties = Map.of("cache.results.ttl", "30s");

  @Test
  void aDurationFromTheHostsProperties() {
    Caches caches = Caches.local();
    CacheAspect aspect =
        CacheAspect.builder(caches)
            .placeholders(properties::get) // in Spring: environment::getProperty
            .build();
    Search search = Weaver.of(aspect).create(Search.class);
    assertThat(search.find(List.of("a"), "a")).isEqualTo(search.find(List.of("b"), "a"));
    assertThat(search.find(List.of(), "none")).isNotEqualTo(search.find(List.of("b"), "none"));
    assertThat(caches.getCache("results").orElseThrow().toString()).contains("l2Ttl=PT30S");
    caches.close();
  }
}
