package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisCluster;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.RedisReplicated;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;

/** A server takes over that lacks what the one before was told last. */
final class FailoverIT {
  private static final Duration DEADLINE = Duration.ofSeconds(90);
  private static final CacheConfig CONFIG =
      CacheConfig.builder().l1Ttl(Duration.ofMinutes(5)).l2Ttl(Duration.ofMinutes(5)).build();

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (int i = open.size(); i > 0; i--) {
      open.get(i - 1).close();
    }
  }

  private <T extends AutoCloseable> T opened(T closeable) {
    open.add(closeable);
    return closeable;
  }

  private Caches caches(UnifiedJedis client) {
    Caches caches = opened(NodesContract.patient(client, "test"));
    Await.until("subscribed", DEADLINE, caches::subscribed);
    return caches;
  }

  private static Cache<String, String> cache(Caches caches) {
    return caches.cache("names", String.class, Codec.string(), CONFIG);
  }

  private RedisClient client(RedisProcess server) {
    return opened(RedisClient.create(server.address().getHost(), server.address().getPort()));
  }

  @Test
  void whatTheNewPrimaryWasNotToldIsToldAgain() {
    RedisReplicated servers = opened(RedisReplicated.start());
    HostAndPort sentinel = servers.startSentinel();
    RedisClient primary = client(servers.primary());
    RedisClient replica = client(servers.replica());
    Caches cachesA = caches(sentinelClient(servers, sentinel));
    Caches cachesB = caches(sentinelClient(servers, sentinel));
    Cache<String, String> a = cache(cachesA);
    Cache<String, String> b = cache(cachesB);
    a.putEntry("tagged", Entry.of("old").withTags("t"));
    a.put("k", "old");
    assertThat(b.getIfPresent("k")).isEqualTo("old");
    assertThat(b.getIfPresent("tagged")).isEqualTo("old");
    Await.until("replicated", DEADLINE, () -> replica.exists(redisKey("k")));
    Await.until("the primary is known", DEADLINE, cachesA::primaryKnown);

    // The replica stops following, so it never hears of what changes now.
    Object unused =
        replica.executeCommand(
            new CommandArguments(Protocol.Command.REPLICAOF).add("127.0.0.1").add("1"));
    a.invalidate("k");
    a.invalidateTag("t");
    assertThat(cachesA.unsentInvalidations()).isZero();
    assertThat(primary.exists(redisKey("k"))).isFalse();
    assertThat(replica.exists(redisKey("k"))).as("the fault").isTrue();
    servers.primary().kill();

    Await.until("told again", DEADLINE, () -> cachesA.retold() >= 2);
    Await.until("all of it", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
    Await.until(
        "Redis is read again",
        DEADLINE,
        () -> cachesA.health().healthy() && cachesB.health().healthy());
    assertThat(client(servers.replica()).exists(redisKey("k"))).isFalse();
    for (Cache<String, String> node : List.of(a, b)) {
      assertThat(node.get("k", key -> "new", ReadPolicy.VERIFY)).isEqualTo("new");
      assertThat(node.get("k", key -> "newer")).as("its copy too").isEqualTo("new");
      assertThat(node.get("tagged", key -> "new", ReadPolicy.VERIFY)).isEqualTo("new");
    }
  }

  private static String redisKey(String key) {
    return CacheIT.redisKeyOf("test", "names", key);
  }

  private UnifiedJedis sentinelClient(RedisReplicated servers, HostAndPort sentinel) {
    return opened(
        RedisSentinelClient.builder()
            .sentinels(Set.of(sentinel))
            .masterName(servers.masterName())
            .build());
  }

  @Test
  void aMasterOfAClusterThatIsReplacedIsToldAgain() {
    RedisCluster cluster = opened(RedisCluster.start());
    Caches caches = caches(opened(RedisClusterClient.builder().nodes(cluster.nodes()).build()));
    Cache<String, String> cache = cache(caches);
    Await.until("the masters are known", DEADLINE, caches::primaryKnown);
    for (int i = 0; i < 20; i++) {
      cache.invalidate("key-" + i);
    }
    cluster.masters().get(1).restart();
    Await.until("told again", DEADLINE, () -> caches.retold() >= 20);
    Await.until("all of it", DEADLINE, () -> caches.unsentInvalidations() == 0);
  }

  @Test
  void theSameServerIsToldNothingAgain() {
    RedisProcess server = opened(RedisProcess.start());
    Caches caches = caches(client(server));
    Cache<String, String> cache = cache(caches);
    Await.until("the primary is known", DEADLINE, caches::primaryKnown);
    cache.invalidate("k");
    RedisClient asking = client(server);
    AtomicLong own = new AtomicLong(ServerCalls.of(asking, "info"));
    Await.until(
        "the watch has asked three times",
        DEADLINE,
        () -> ServerCalls.of(asking, "info") - own.incrementAndGet() >= 3);
    assertThat(caches.retold()).isZero();

    cache.invalidate("k"); // or it might be too long ago to be told again
    server.restart();
    Await.until("another one is", DEADLINE, () -> caches.retold() == 1);
  }
}
