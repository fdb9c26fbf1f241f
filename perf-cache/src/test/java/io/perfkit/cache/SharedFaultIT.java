package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;

/**
 * The rows of docs/operations/failure-modes.md for shared structures; b is behind a bad network.
 */
final class SharedFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration BOUND = Duration.ofSeconds(1);

  private static final byte[] CHANNEL = "test:v1:invalidations".getBytes(UTF_8);

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy network = FaultProxy.to(server.address());
  private final RedisClient clientA =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final RedisClient clientB =
      RedisClient.create(network.address().getHost(), network.address().getPort());
  private final Caches cachesA = caches(clientA);
  private final Caches cachesB = caches(clientB);

  private static Caches caches(RedisClient client) {
    return Caches.builder(client, "test")
        .guard(
            GuardConfig.defaults()
                .withBudget(Duration.ofSeconds(3))
                .withProbeEvery(Duration.ofMillis(100)))
        .build();
  }

  private static SharedConfig config(OnRedisDown policy) {
    return SharedConfig.builder()
        .localTtl(Duration.ofMinutes(5))
        .maxStaleness(BOUND)
        .onRedisDown(policy)
        .build();
  }

  private static SharedSet<String> revoked(Caches caches, OnRedisDown policy) {
    return caches.shared().set("revoked", Codec.string(), config(policy));
  }

  private static SharedHash<String, Long> hash(Caches caches, OnRedisDown policy) {
    return caches.shared().hash("visits", Codec.string(), Codec.longs(), config(policy));
  }

  @BeforeEach
  void subscribe() {
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
    clientA.close();
    clientB.close();
    network.close();
    server.close();
  }

  @Test
  void aRevokedTokenIsNeverTakenForGoodBecauseRedisIsDown() {
    SharedSet<String> revoked = revoked(cachesB, OnRedisDown.FAIL);
    revoked.add("token", Duration.ofMinutes(15));
    assertThat(revoked.contains("token")).isTrue();
    assertThat(revoked.contains("good")).isFalse();
    server.kill();

    Await.until(
        "nothing vouches for the copy any more",
        DEADLINE,
        () -> {
          try {
            assertThat(revoked.contains("token")).isTrue();
            return false;
          } catch (RedisUnavailable e) {
            assertThat(e).hasMessageStartingWith("set 'revoked': ");
            return failsOrContains(revoked, "good");
          }
        });
    assertThatThrownBy(revoked::members).isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(() -> revoked.add("other"))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageStartingWith("set 'revoked': ");
    assertThatThrownBy(revoked::clear).isInstanceOf(RedisUnavailable.class);

    server.restart();
    Await.until("found again, empty", DEADLINE, () -> !failsOrContains(revoked, "token"));
  }

  private static boolean failsOrContains(SharedSet<String> set, String member) {
    try {
      return set.contains(member);
    } catch (RedisUnavailable e) {
      return true;
    }
  }

  @Test
  void serveLocalAnswersFromTheCopyWhileRedisIsFrozen() {
    SharedHash<String, Long> hash = hash(cachesB, OnRedisDown.SERVE_LOCAL);
    SharedSet<String> set = revoked(cachesB, OnRedisDown.SERVE_LOCAL);
    SharedList<String> list =
        cachesB.shared().list("news", Codec.string(), config(OnRedisDown.SERVE_LOCAL));
    hash.put("x", 1L);
    set.add("soon over", Duration.ofSeconds(4));
    NodesContract.hearAll(cachesB); // or a message of these writes would end the copies
    Await.until(
        "copies of all parts",
        DEADLINE,
        () -> {
          long before = hash.stats().redisReads() + set.stats().redisReads();
          assertThat(hash.get("x")).isEqualTo(1);
          set.size();
          return hash.stats().redisReads() + set.stats().redisReads() == before;
        });
    server.freeze();
    long frozen = System.nanoTime();
    Await.until(
        "the bound has passed",
        DEADLINE,
        () -> {
          assertThat(hash.get("x")).isEqualTo(1);
          return System.nanoTime() - frozen > BOUND.multipliedBy(3).toNanos();
        });
    Await.until("ends also now", DEADLINE, () -> !set.contains("soon over"));
    assertThat(set.contains("unknown")).as("as far as this node knows").isFalse();
    assertThatThrownBy(list::getAll).as("never read here").isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(() -> hash.put("x", 2L)).isInstanceOf(RedisUnavailable.class);
    assertThat(hash.stats().redisFailures()).isPositive();
    server.thaw();
  }

  @Test
  void aWriteThatItsCallerGaveUpChangesNothingLater() {
    SharedHash<String, Long> a = hash(cachesA, OnRedisDown.FAIL);
    a.put("x", 1L);
    long before = timesAsked();
    server.freeze();
    assertThatThrownBy(() -> a.put("x", 2L))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageContaining("no answer within the budget");
    server.thaw();
    Await.until("what was sent has run", DEADLINE, () -> timesAsked() > before);
    assertThat(clientB.hvals("test:{visits}:v1:hash")).containsExactly("1");
    Await.until("and a writes again", DEADLINE, () -> succeeds(() -> a.put("x", 3L)));
    assertThat(clientB.hvals("test:{visits}:v1:hash")).containsExactly("3");
  }

  /** How often a script has read the server's clock, which each write does first. */
  private long timesAsked() {
    Matcher calls =
        Pattern.compile("cmdstat_time:calls=(\\d+)").matcher(clientB.info("commandstats"));
    return calls.find() ? Long.parseLong(calls.group(1)) : 0;
  }

  private static boolean succeeds(Runnable write) {
    try {
      write.run();
      return true;
    } catch (RedisUnavailable e) {
      return false;
    }
  }

  @Test
  void aWriteThatRunsLaterIsSeenAlsoByTheNodeThatGaveItUp() throws Exception { // S2
    SharedHash<String, Long> a = hash(cachesA, OnRedisDown.FAIL);
    byte[] message = messageOf(() -> a.put("x", 1L));
    Await.until(
        "a copy",
        DEADLINE,
        () -> {
          long before = a.stats().copyReads();
          return seen(a) == 1 && a.stats().copyReads() > before;
        });
    byte[] key = "test:{visits}:v1:hash".getBytes(UTF_8);
    byte[] field = clientB.hgetAll(key).keySet().iterator().next();

    clientB.hset(key, field, "2".getBytes(UTF_8)); // what the script does when it runs at last
    clientB.publish(CHANNEL, message);

    Await.until("seen", DEADLINE, () -> seen(a) == 2);
  }

  /** What {@code write} published. */
  private byte[] messageOf(Runnable write) throws Exception {
    CountDownLatch subscribed = new CountDownLatch(1);
    CompletableFuture<byte[]> message = new CompletableFuture<>();
    BinaryJedisPubSub listener =
        new BinaryJedisPubSub() {
          @Override
          public void onSubscribe(byte[] channel, int subscriptions) {
            subscribed.countDown();
          }

          @Override
          public void onMessage(byte[] channel, byte[] heard) {
            message.complete(heard);
            unsubscribe();
          }
        };
    Thread thread = new Thread(() -> Subscriptions.listen(clientA, listener, CHANNEL));
    thread.start();
    assertThat(subscribed.await(15, SECONDS)).isTrue();
    write.run();
    thread.join(15_000);
    return message.get(15, SECONDS);
  }

  private static long seen(SharedHash<String, Long> hash) {
    try {
      Long value = hash.get("x");
      return value == null ? 0 : value;
    } catch (RedisUnavailable e) {
      return -1;
    }
  }

  @Test
  void whatChangedWhileNothingWasHeardIsReadAfterTheBound() {
    SharedHash<String, Long> a = hash(cachesA, OnRedisDown.FAIL);
    SharedHash<String, Long> b = hash(cachesB, OnRedisDown.SERVE_LOCAL);
    a.put("x", 1L);
    Await.until("a copy", DEADLINE, () -> seen(b) == 1 && b.stats().copyReads() > 0);

    network.blackHole();
    a.put("x", 2L);
    assertThat(a.get("x")).isEqualTo(2);
    Await.until(
        "b has seen that it is cut off",
        DEADLINE,
        () -> {
          assertThat(seen(b)).isIn(1L, -1L);
          return b.stats().redisFailures() > 0;
        });
    network.heal();
    Await.until("seen after all", DEADLINE, () -> seen(b) == 2);

    Object unused =
        clientA.executeCommand(
            new CommandArguments(Protocol.Command.CLIENT).add("KILL").add("TYPE").add("pubsub"));
    a.put("x", 3L);
    Await.until("seen though no message came", DEADLINE, () -> seen(b) == 3);
  }

  @Test
  void structuresEndWithTheirCachesAndHaveNoThreads() {
    cachesB.close();
    cachesA.close();
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          try (RedisClient client =
                  RedisClient.create(server.address().getHost(), server.address().getPort());
              Caches caches = caches(client)) {
            Await.until("subscribed", DEADLINE, caches::subscribed);
            hash(caches, OnRedisDown.FAIL).put("x", 1L);
            revoked(caches, OnRedisDown.FAIL).members();
          }
        });
    try (RedisClient client =
        RedisClient.create(server.address().getHost(), server.address().getPort())) {
      Caches caches = caches(client);
      SharedHash<String, Long> hash = hash(caches, OnRedisDown.SERVE_LOCAL);
      SharedSet<String> set = revoked(caches, OnRedisDown.SERVE_LOCAL);
      caches.close();
      for (Runnable call :
          List.<Runnable>of(
              () -> hash.get("x"), () -> hash.put("x", 1L), set::members, () -> set.add("m"))) {
        assertThatThrownBy(call::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith("closed");
      }
    }
  }
}
