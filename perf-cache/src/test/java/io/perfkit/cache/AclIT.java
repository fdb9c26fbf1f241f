package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.behind.WriteBehind;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisAcl;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ReferenceTable;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisDataException;

/** The user of docs/operations/redis-acl.md may do all that the module does, and nothing else. */
final class AclIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final RedisProcess server = RedisProcess.start();

  @AfterEach
  void close() {
    server.close();
  }

  private Caches caches(RedisClient client) {
    return Caches.builder(client, "shop")
        .config(CachesConfig.builder().hitsPerAudit(1).build())
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  @Test
  void theUserOfThePageMayDoAllThatTheModuleDoes() {
    try (RedisClient client = RedisAcl.client(server, "perf-cache");
        Caches caches = caches(client)) {
      Await.until("subscribed", DEADLINE, caches::subscribed);
      useEntries(caches);
      useShared(caches);
      Await.until("servers known", DEADLINE, caches::primaryKnown);
      Await.until(
          "a beat is heard",
          DEADLINE,
          () -> caches.health().heartbeatAge().compareTo(Duration.ofSeconds(1)) < 0);
      assertThat(RedisAcl.denied(server)).isEmpty();
      assertThat(caches.stats().redisFailures()).isZero();
    }
    assertThat(RedisAcl.denied(server)).as("by the close").isEmpty();
  }

  private static void useEntries(Caches caches) {
    CacheConfig config =
        CacheConfig.builder()
            .l1Ttl(Duration.ofMinutes(1))
            .l2Ttl(Duration.ofMinutes(1))
            .absentTtl(Duration.ofSeconds(10))
            .staleIfError(Duration.ofMinutes(1))
            .throttle(Duration.ofSeconds(1))
            .failureTtl(Duration.ofSeconds(1), IllegalStateException.class)
            .build();
    Cache<String, String> cache = caches.cache("names", String.class, Codec.string(), config);
    assertThat(cache.get("a", key -> "1")).isEqualTo("1");
    assertThat(cache.get("a", key -> "1", ReadPolicy.VERIFY)).isEqualTo("1");
    assertThat(cache.get("none", key -> null)).isNull();
    cache.getEntry("t", key -> Entry.of("tagged").withTags("red"));
    cache.putEntry("t2", Entry.of("tagged").withTags("red"));
    cache.put("p", "put");
    assertThat(cache.getIfPresent("p")).isEqualTo("put");
    assertThat(cache.getAll(List.of("x", "y"), keys -> Map.of("x", "1"))).hasSize(1);
    assertThatThrownBy(
            () ->
                cache.get(
                    "fails",
                    key -> {
                      throw new IllegalStateException("no value");
                    }))
        .hasMessage("no value");
    assertThatThrownBy(
            () ->
                cache.get(
                    "released",
                    key -> {
                      throw new IllegalArgumentException("not remembered");
                    }))
        .hasMessage("not remembered");
    assertThat(cache.refresh("p", key -> "again")).isEqualTo("again");
    cache.invalidateAll(List.of("x", "y"));
    cache.invalidateTag("red");
    assertThat(cache.getIfPresent("t")).isNull();
    ReadThrough<String, String> reads = ReadThrough.of(cache, key -> "read");
    HotKeys<String, String> hot = caches.hotKeys(reads, text -> text, HotKeysConfig.defaults());
    assertThat(hot.reload(Runnable::run, Duration.ofSeconds(30))).isNotNull();
    try (WriteBehind<String, String> behind =
        WriteBehind.create(caches, reads, writes -> {}, (write, why) -> {})) {
      behind.put("behind", "v");
    }
    cache.clear();
  }

  private static void useShared(Caches caches) {
    for (int copyMembers : new int[] {1, 100}) { // larger ones are asked member by member
      SharedConfig config =
          SharedConfig.builder()
              .maxMembers(100)
              .maxCopyMembers(copyMembers)
              .ttl(Duration.ofMinutes(1))
              .build();
      Shared shared = caches.shared();
      SharedHash<String, Long> hash =
          shared.hash("hash" + copyMembers, Codec.string(), Codec.longs(), config);
      hash.put("a", 1L);
      hash.putAll(Map.of("b", 2L, "c", 3L));
      assertThat(hash.putIfAbsent("a", 5L)).isFalse();
      assertThat(hash.increment("a", 1)).isEqualTo(2);
      assertThat(hash.get("a")).isEqualTo(2);
      assertThat(hash.getAll()).hasSize(3);
      assertThat(hash.size()).isEqualTo(3);
      assertThat(hash.remove("a")).isTrue();
      hash.clear();
      SharedList<String> list = shared.list("list" + copyMembers, Codec.string(), config);
      list.addFirst("b");
      list.addLast("c");
      assertThat(list.getAll()).containsExactly("b", "c");
      assertThat(list.range(0, 1)).containsExactly("b");
      assertThat(list.size()).isEqualTo(2);
      list.clear();
      SharedSet<String> set =
          shared.sets("set" + copyMembers, Long.class, Codec.string(), config).of(1L);
      set.add("a", Duration.ofMinutes(1));
      set.add("b");
      assertThat(set.contains("a")).isTrue();
      assertThat(set.members()).containsExactlyInAnyOrder("a", "b");
      assertThat(set.size()).isEqualTo(2);
      assertThat(set.remove("a")).isTrue();
      set.clear();
    }
  }

  @Test
  void theUserMayDoNothingElse() {
    try (RedisClient client = RedisAcl.client(server, "perf-cache")) {
      assertThatThrownBy(() -> client.set("other:key", "v")).hasMessageContaining("NOPERM");
      assertThatThrownBy(() -> client.publish("other:channel", "v")).hasMessageContaining("NOPERM");
      for (Protocol.Command command :
          List.of(Protocol.Command.FLUSHALL, Protocol.Command.KEYS, Protocol.Command.CONFIG)) {
        assertThatThrownBy(() -> client.executeCommand(new CommandArguments(command).add("shop:*")))
            .isInstanceOf(JedisDataException.class)
            .hasMessageContaining("NOPERM");
      }
    }
  }

  @Test
  void theTestSeesARuleThatIsMissing() {
    try (RedisClient client = RedisAcl.client(server, "perf-cache", "+zscore");
        Caches caches = caches(client)) {
      assertThatThrownBy(() -> useShared(caches)).isInstanceOf(SharedRejected.class);
      assertThat(RedisAcl.denied(server)).contains("command zscore");
    }
  }

  @Test
  void theRulesAreTheCommandsOfTheReference() {
    List<String> commands =
        List.of(ReferenceTable.commandsOfScripts("perf-cache").split(", ")).stream()
            .map(command -> "+" + command.toLowerCase(Locale.ROOT))
            .collect(Collectors.toList());
    assertThat(RedisAcl.rules("perf-cache")).containsAll(commands);
  }
}
