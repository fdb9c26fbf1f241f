package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.perfkit.redis.Codec;
import io.perfkit.redis.CodecFailed;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;

/** The structures on a single Redis, and what one node can see of them. */
@RealRedis
final class SharedIT extends SharedContract {
  private static final Duration DEADLINE = NodesContract.DEADLINE;
  private static final SharedConfig CONFIG =
      SharedConfig.builder()
          .localTtl(Duration.ofMinutes(5))
          .maxStaleness(Duration.ofSeconds(8)) // a slow beat is not what is tested here
          .build();
  private static final SharedConfig SMALL =
      SharedConfig.builder().maxMembers(5).maxCopyMembers(2).maxMemberBytes(50).build();

  private final TestRedis server;
  private final RedisClient redis;
  private final String prefix;
  private Caches caches;

  SharedIT(TestRedis server) {
    this.server = server;
    this.redis = server.client();
    this.prefix = server.prefix() + UUID.randomUUID();
  }

  @Override
  UnifiedJedis newClient() {
    return server.newClient();
  }

  @BeforeEach
  void start() {
    caches = NodesContract.patient(redis, prefix);
    Await.until("subscribed", DEADLINE, caches::subscribed);
  }

  @AfterEach
  void stop() {
    caches.close();
  }

  @Test
  void eachOperationIsOneScriptAndAReadOfACopyIsNone() {
    SharedHash<String, Long> hash =
        caches.shared().hash("h", Codec.string(), Codec.longs(), CONFIG);
    SharedList<String> list = caches.shared().list("l", Codec.string(), CONFIG);
    SharedSet<String> set = caches.shared().set("s", Codec.string(), CONFIG);
    List<Runnable> writes =
        List.of(
            () -> hash.put("a", 1L),
            () -> hash.putAll(Map.of("b", 2L, "c", 3L)),
            () -> hash.putIfAbsent("a", 4L),
            () -> hash.increment("a", 5),
            () -> hash.remove("c"),
            () -> list.addFirst("x"),
            () -> list.addLast("y"),
            () -> set.add("m", Duration.ofMinutes(1)),
            () -> set.remove("n"));
    List<Runnable> reads =
        List.of(
            () -> assertThat(hash.get("a")).isEqualTo(6),
            () -> assertThat(hash.getAll()).hasSize(2),
            () -> assertThat(hash.size()).isEqualTo(2),
            () -> assertThat(list.getAll()).containsExactly("x", "y"),
            () -> assertThat(list.range(1, 2)).containsExactly("y"),
            () -> assertThat(list.size()).isEqualTo(2),
            () -> assertThat(set.contains("m")).isTrue());
    writes.forEach(Runnable::run); // the server may not hold the scripts yet
    reads.forEach(Runnable::run);
    hash.clear();
    list.clear();
    set.clear();
    for (Runnable write : writes) {
      long before = ServerCalls.ofScripts(redis);
      write.run();
      assertThat(ServerCalls.ofScripts(redis) - before).isEqualTo(1);
    }
    for (Runnable read : reads) {
      Await.until(
          "a copy, after the last message has ended the one before",
          DEADLINE,
          () -> {
            long before = ServerCalls.ofScripts(redis);
            read.run();
            long cost = ServerCalls.ofScripts(redis) - before;
            assertThat(cost).isLessThanOrEqualTo(1);
            return cost == 0;
          });
    }
    assertThat(hash.stats().copyReads()).isGreaterThanOrEqualTo(3);
    assertThat(hash.stats().oversizeReads()).isZero();
    assertThat(hash.stats().writes()).isEqualTo(11);
  }

  @Test
  void aStructureTooLargeForACopyIsAskedAndSaysSo() {
    SharedHash<String, Long> hash = caches.shared().hash("h", Codec.string(), Codec.longs(), SMALL);
    SharedList<Long> list = caches.shared().list("l", Codec.longs(), SMALL);
    SharedById<String, SharedSet<Long>> sets =
        caches.shared().sets("s", String.class, Codec.longs(), SMALL);
    SharedSet<Long> set = sets.of("one");
    for (long i = 1; i <= 5; i++) {
      hash.put("f" + i, i);
      list.addLast(i);
      set.add(i);
    }
    for (int again = 0; again < 2; again++) {
      assertThat(hash.get("f3")).isEqualTo(3);
      assertThat(hash.get("none")).isNull();
      assertThat(hash.getAll()).hasSize(5).containsEntry("f5", 5L);
      assertThat(hash.size()).isEqualTo(5);
      assertThat(list.getAll()).containsExactly(1L, 2L, 3L, 4L, 5L);
      assertThat(list.range(1, 3)).containsExactly(2L, 3L);
      assertThat(list.size()).isEqualTo(5);
      assertThat(set.contains(3L)).isTrue();
      assertThat(set.contains(9L)).isFalse();
      assertThat(set.members()).isEqualTo(Set.of(1L, 2L, 3L, 4L, 5L));
      assertThat(set.size()).isEqualTo(5);
    }
    assertThat(hash.stats().oversizeReads()).isEqualTo(8);
    assertThat(hash.stats().copyReads()).isZero();
    assertThat(list.stats().oversizeReads()).isEqualTo(6);
    assertThat(sets.stats().oversizeReads()).isEqualTo(8);

    for (long i = 1; i <= 3; i++) {
      hash.remove("f" + i);
    }
    Await.until(
        "small enough again", DEADLINE, () -> hash.get("f4") == 4 && hash.stats().copyReads() > 0);
  }

  @Test
  void refusesMoreThanThereIsRoomFor() {
    SharedHash<String, Long> hash = caches.shared().hash("h", Codec.string(), Codec.longs(), SMALL);
    SharedSet<Long> set = caches.shared().sets("s", Long.class, Codec.longs(), SMALL).of(42L);
    for (long i = 1; i <= 4; i++) {
      hash.put("f" + i, i);
      set.add(i);
    }
    set.add(5L, Duration.ofMillis(1));
    String noFields = "hash 'h': no room (expected: at most maxMembers 5 fields)";
    assertThatThrownBy(() -> hash.putAll(Map.of("f1", 9L, "f5", 9L, "f6", 9L)))
        .isInstanceOf(SharedRejected.class)
        .hasMessage(noFields);
    assertThat(hash.get("f1")).as("all or none").isEqualTo(1);
    hash.put("f5", 5L);
    assertThatThrownBy(() -> hash.increment("f6", 1)).hasMessage(noFields);
    assertThatThrownBy(() -> hash.putIfAbsent("f6", 1L)).hasMessage(noFields);
    hash.put("f5", 6L);
    assertThat(hash.increment("f5", 1)).isEqualTo(7);

    Await.until("the fifth has ended", DEADLINE, () -> !set.contains(5L));
    assertThat(set.add(6L)).as("in its place").isTrue();
    assertThatThrownBy(() -> set.add(7L))
        .isInstanceOf(SharedRejected.class)
        .hasMessage("set 's' of '42': no room (expected: at most maxMembers 5 members)");
    assertThat(set.add(6L)).as("is there").isFalse();
  }

  @Test
  void refusesBadInput() {
    SharedHash<String, String> hash =
        caches.shared().hash("h", Codec.string(), Codec.string(), SMALL);
    SharedList<String> list = caches.shared().list("l", Codec.string(), SMALL);
    SharedSet<String> set = caches.shared().set("s", Codec.string(), SMALL);
    String huge = "x".repeat(51);
    for (Runnable tooLong :
        List.<Runnable>of(
            () -> hash.put(huge, "v"),
            () -> hash.put("f", huge),
            () -> hash.putIfAbsent("f", huge),
            () -> list.addFirst(huge),
            () -> set.add(huge),
            () -> set.contains(huge))) {
      assertThatThrownBy(tooLong::run)
          .isInstanceOf(CodecFailed.class)
          .hasMessage("java.lang.String takes 51 bytes (expected: at most maxBytes 50)");
    }
    assertThatThrownBy(() -> hash.put(nothing(), "v")).hasMessage("field");
    assertThatThrownBy(() -> hash.put("f", nothing())).hasMessage("value");
    assertThatThrownBy(() -> hash.get(nothing())).hasMessage("field");
    assertThatThrownBy(() -> list.addLast(nothing())).hasMessage("element");
    assertThatThrownBy(() -> set.contains(nothing())).hasMessage("member");
    assertThatThrownBy(() -> set.add(nothing())).hasMessage("member");
    assertThatThrownBy(() -> set.add("m", Duration.ZERO))
        .hasMessage("life: PT0S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> set.add("m", Duration.ofDays(366)))
        .hasMessageStartingWith("life: PT8784H (expected:");
    assertThatThrownBy(() -> list.range(-1, 2))
        .hasMessage("from: -1, to: 2 (expected: 0 <= from <= to)");
    assertThatThrownBy(() -> list.range(2, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> hash.increment("f", 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "hash 'h': increment of values that are no numbers (expected: values by"
                + " Codec.longs())");
    assertThatThrownBy(() -> caches.shared().list("h", Codec.string(), SMALL))
        .hasMessage("name: 'h' (expected: a name not taken yet)");
    assertThatThrownBy(() -> caches.shared().list("a b", Codec.string(), SMALL))
        .hasMessageStartingWith("name: 'a b' (expected:");
    assertThatThrownBy(() -> caches.shared().lists("o", Object.class, Codec.string(), SMALL))
        .hasMessageStartingWith("keyType: java.lang.Object (expected: String, a whole number");
    hash.putAll(Map.of());
    assertThat(hash.getAll()).isEmpty();
    assertThat(list.getAll()).isEmpty();
    assertThat(set.members()).isEmpty();
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }

  @Test
  void takesWhatItCannotReadForAbsent() {
    SharedHash<String, Long> hash =
        caches.shared().hash("h", Codec.string(), Codec.longs(), CONFIG);
    SharedList<String> list = caches.shared().list("l", Codec.string(), CONFIG);
    SharedSet<String> set =
        caches.shared().sets("s", String.class, Codec.string(), CONFIG).of("id");
    hash.put("f", 1L);
    list.addLast("e");
    set.add("m");
    redis.hset(prefix + ":{h}:v1:hash", "foreign", "1");
    redis.hset(
        (prefix + ":{h}:v1:hash").getBytes(UTF_8),
        redis.hgetAll((prefix + ":{h}:v1:hash").getBytes(UTF_8)).keySet().stream()
            .filter(field -> field.length > 8)
            .findFirst()
            .orElseThrow(),
        "no number".getBytes(UTF_8));
    redis.lpush(prefix + ":{l}:v1:list", "foreign");
    redis.zadd(setKey("id"), 9e15, "foreign");
    awaitCopies(hash, list, set);

    assertThat(hash.getAll()).isEmpty();
    assertThat(hash.stats().unreadable()).isEqualTo(2);
    assertThat(list.getAll()).containsExactly("e");
    assertThat(list.stats().unreadable()).isEqualTo(1);
    assertThat(set.members()).containsExactly("m");
    assertThat(set.stats().unreadable()).isEqualTo(1);
    assertThatThrownBy(() -> hash.increment("f", 1))
        .isInstanceOf(SharedRejected.class)
        .hasMessage("hash 'h': a sum by 1 (expected: of numbers, within 64 bits)");
    hash.put("f", Long.MAX_VALUE);
    assertThatThrownBy(() -> hash.increment("f", 1)).isInstanceOf(SharedRejected.class);
    assertThat(hash.get("f")).isEqualTo(Long.MAX_VALUE);
  }

  /** No own message is outstanding that would end a copy, so what is counted is counted once. */
  private void awaitCopies(
      SharedHash<String, Long> hash, SharedList<String> list, SharedSet<String> set) {
    hash.remove("none");
    list.clear();
    list.addLast("e");
    redis.lpush(prefix + ":{l}:v1:list", "foreign");
    set.remove("none");
    NodesContract.hearAll(caches);
  }

  private String setKey(String id) {
    return redis.keys(prefix + ":{s.*}:v1:set:" + id).iterator().next();
  }

  @Test
  void anotherTypeAtTheKeyIsAbsentToReadsAndRefusedByWrites() {
    SharedHash<String, Long> hash =
        caches.shared().hash("h", Codec.string(), Codec.longs(), CONFIG);
    SharedList<String> list = caches.shared().list("l", Codec.string(), CONFIG);
    SharedById<String, SharedSet<String>> sets =
        caches.shared().sets("s", String.class, Codec.string(), CONFIG);
    SharedSet<String> set = sets.of("id");
    set.add("m");
    String setKey = setKey("id");
    set.clear();
    for (String key : List.of(prefix + ":{h}:v1:hash", prefix + ":{l}:v1:list", setKey)) {
      redis.set(key, "foreign");
    }
    assertThat(hash.get("f")).isNull();
    assertThat(list.getAll()).isEmpty();
    Await.until("own message heard", DEADLINE, () -> !set.contains("m"));
    assertThat(set.members()).isEmpty();
    assertThat(hash.stats().unreadable()).isPositive();
    for (Runnable write :
        List.<Runnable>of(
            () -> hash.put("f", 1L),
            () -> hash.putIfAbsent("f", 1L),
            () -> hash.increment("f", 1),
            () -> hash.remove("f"),
            () -> list.addFirst("e"),
            () -> list.addLast("e"),
            () -> set.add("m"),
            () -> set.remove("m"))) {
      assertThatThrownBy(write::run)
          .isInstanceOf(SharedRejected.class)
          .hasMessageContaining(
              "another type stands at its key (expected: written by this structure alone; clear()"
                  + " makes room)");
    }
    assertThat(redis.get(setKey)).isEqualTo("foreign");
    hash.clear();
    list.clear();
    set.clear();
    hash.put("f", 1L);
    list.addFirst("e");
    set.add("m");
    assertThat(hash.get("f")).isEqualTo(1);
    assertThat(list.getAll()).containsExactly("e");
    assertThat(set.contains("m")).isTrue();
  }

  @Test
  void theWholeLivesAsLongAsItsSettingsSayAfterTheLastWrite() {
    SharedConfig shortLived = SharedConfig.builder().ttl(Duration.ofSeconds(60)).build();
    SharedHash<String, Long> hash =
        caches.shared().hash("h", Codec.string(), Codec.longs(), shortLived);
    SharedList<Long> list = caches.shared().list("l", Codec.longs(), shortLived);
    SharedSet<Long> set = caches.shared().sets("s", Long.class, Codec.longs(), shortLived).of(1L);
    hash.put("f", 1L);
    list.addFirst(1L);
    set.add(1L);
    String setKey = setKey("1");
    for (String key : List.of(prefix + ":{h}:v1:hash", prefix + ":{l}:v1:list", setKey)) {
      assertThat(redis.pttl(key)).isBetween(30_000L, 60_000L);
      redis.pexpire(key, 30_000);
    }
    hash.increment("f", 1);
    list.addLast(2L);
    set.add(2L, Duration.ofSeconds(90));
    assertThat(redis.pttl(prefix + ":{h}:v1:hash")).isGreaterThan(30_000);
    assertThat(redis.pttl(prefix + ":{l}:v1:list")).isGreaterThan(30_000);
    assertThat(redis.pttl(setKey)).as("as its last member").isGreaterThan(60_000);
    set.remove(2L);
    assertThat(redis.pttl(setKey)).as("that of the first").isBetween(1L, 60_000L);

    SharedHash<String, Long> brief =
        caches
            .shared()
            .hash(
                "brief",
                Codec.string(),
                Codec.longs(),
                SharedConfig.builder().ttl(Duration.ofMillis(300)).build());
    Await.until(
        "read while it lives",
        DEADLINE,
        () -> {
          brief.put("f", 1L);
          return brief.get("f") != null;
        });
    Await.until("a copy ends with what it is of", DEADLINE, () -> brief.get("f") == null);
    assertThat(redis.exists(prefix + ":{brief}:v1:hash")).isFalse();
  }

  @Test
  void aSetWithoutAnEndStaysAndItsTimesComeAndGo() {
    SharedSet<Long> set = caches.shared().sets("s", Long.class, Codec.longs(), CONFIG).of(1L);
    set.add(1L);
    String setKey = setKey("1");
    assertThat(redis.pttl(setKey)).isEqualTo(-1);
    set.add(2L, Duration.ofSeconds(60));
    assertThat(redis.pttl(setKey)).as("the first has no end").isEqualTo(-1);
    set.remove(1L);
    assertThat(redis.pttl(setKey)).isBetween(1L, 60_000L);
    set.add(2L, Duration.ofSeconds(1));
    assertThat(redis.pttl(setKey)).as("an end never comes nearer").isGreaterThan(30_000);
    set.add(2L);
    assertThat(redis.pttl(setKey)).isEqualTo(-1);
  }

  @Test
  void writesRemoveWhatHasEndedAHundredAtMost() {
    SharedSet<Long> set = caches.shared().sets("s", Long.class, Codec.longs(), CONFIG).of(1L);
    set.add(0L);
    String setKey = setKey("1");
    Map<String, Double> ended =
        LongStream.range(0, 250).boxed().collect(Collectors.toMap(i -> "ended-" + i, i -> 1.0));
    redis.zadd(setKey, ended);
    assertThat(set.size()).isEqualTo(1);
    set.remove(99L);
    assertThat(redis.zcard(setKey)).isEqualTo(151);
    set.add(1L);
    assertThat(redis.zcard(setKey)).isEqualTo(52);
    set.add(1L);
    assertThat(redis.zcard(setKey)).isEqualTo(2);
  }

  @Test
  void aMemberEndsWhenTheServersClockSaysSo() {
    SharedSet<String> copied = caches.shared().set("copied", Codec.string(), CONFIG);
    SharedSet<String> asked =
        caches.shared().sets("asked", Long.class, Codec.string(), SMALL).of(1L);
    List.of("x", "y", "z").forEach(asked::add); // too large for a copy
    for (SharedSet<String> set : List.of(copied, asked)) {
      for (int round = 0; round < 15; round++) {
        String member = "member-" + round;
        long before = serverMillis();
        set.add(member, Duration.ofMillis(40 + round));
        long earliest = before + 40 + round;
        long latest = serverMillis() + 40 + round;
        boolean ended = false;
        while (!ended) {
          long from = serverMillis();
          boolean lives = set.contains(member);
          boolean listed = set.members().contains(member);
          long to = serverMillis();
          assertThat(to < earliest && !lives).as("lives, at most %s", to).isFalse();
          assertThat(from >= latest && (lives || listed)).as("ended by %s", from).isFalse();
          ended = from >= latest;
        }
      }
    }
    assertThat(copied.stats().copyReads()).isPositive();
    assertThat(asked.stats().copyReads()).isZero();
  }

  private long serverMillis() {
    List<?> time = (List<?>) redis.executeCommand(new CommandArguments(Protocol.Command.TIME));
    long seconds = Long.parseLong(new String((byte[]) time.get(0), UTF_8));
    return seconds * 1_000 + Long.parseLong(new String((byte[]) time.get(1), UTF_8)) / 1_000;
  }

  @Test
  void aCopyEndsThoughNothingWasPublished() {
    SharedConfig config = SharedConfig.builder().localTtl(Duration.ofMillis(300)).build();
    SharedHash<String, Long> hash =
        caches.shared().hash("h", Codec.string(), Codec.longs(), config);
    SharedSet<Long> set = caches.shared().sets("s", Long.class, Codec.longs(), config).of(1L);
    hash.put("f", 1L);
    set.add(1L);
    assertThat(hash.get("f")).isEqualTo(1);
    assertThat(set.contains(1L)).isTrue();
    redis.del(prefix + ":{h}:v1:hash", setKey("1")); // as an eviction would

    Await.until("seen to be gone", DEADLINE, () -> hash.size() == 0 && set.size() == 0);
    set.add(2L);
    assertThat(set.members()).containsExactly(2L);
  }

  @Test
  void refusesMembersThatAreNotEqualToWhatIsReadBack() {
    SharedSet<byte[]> arrays = caches.shared().set("s", Codec.bytes(), CONFIG);
    SharedHash<byte[], Long> fields =
        caches.shared().hash("h", Codec.bytes(), Codec.longs(), CONFIG);
    String why = "byte[] is not equal to what its codec reads back (expected: members with equals)";
    for (Runnable write :
        List.<Runnable>of(
            () -> arrays.add(new byte[] {1}),
            () -> fields.put(new byte[] {1}, 1L),
            () -> fields.increment(new byte[] {1}, 1L))) {
      assertThatThrownBy(write::run).isInstanceOf(IllegalArgumentException.class).hasMessage(why);
    }
    assertThat(arrays.size() + fields.size()).as("nothing was stored").isZero();
  }

  @Test
  void whoWaitsForAReadingThatIsOlderThanTheBoundReadsAnew() throws Exception { // S3
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Codec<String> slow =
        new TextCodec() {
          @Override
          public String decode(byte[] payload) {
            reading.countDown();
            awaitThat(goOn);
            return super.decode(payload);
          }
        };
    SharedConfig brief =
        SharedConfig.builder()
            .localTtl(Duration.ofMillis(1))
            .maxStaleness(Duration.ofSeconds(1))
            .build();
    SharedList<String> list = caches.shared().list("l", slow, brief);
    byte[] key = (prefix + ":{l}:v1:list").getBytes(UTF_8);
    list.addFirst("new");
    list.addFirst("old");
    NodesContract.hearAll(caches);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<List<String>> first = threads.submit(() -> list.range(0, 1));
      awaitThat(reading);
      redis.lpop(key); // as if its message were lost
      long began = System.nanoTime();
      Await.until(
          "a bound", DEADLINE, () -> System.nanoTime() - began > brief.maxStaleness().toNanos());
      AtomicReference<Thread> waiting = new AtomicReference<>();
      Future<List<String>> second =
          threads.submit(
              () -> {
                waiting.set(Thread.currentThread());
                return list.range(0, 1);
              });
      Await.until(
          "the second waits",
          DEADLINE,
          () -> waiting.get() != null && waiting.get().getState() == Thread.State.TIMED_WAITING);
      goOn.countDown();
      assertThat(first.get(10, SECONDS)).containsExactly("old");
      assertThat(second.get(10, SECONDS)).containsExactly("new");
    } finally {
      goOn.countDown();
      threads.shutdownNow();
    }
  }

  private static void awaitThat(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void threadsThatWantTheSameCopyReadItOnce() throws Exception { // S3
    CountDownLatch goOn = new CountDownLatch(1);
    Codec<String> slow =
        new TextCodec() {
          @Override
          public String decode(byte[] payload) {
            awaitThat(goOn);
            return super.decode(payload);
          }
        };
    SharedList<String> list = caches.shared().list("l", slow, CONFIG);
    list.addFirst("e");
    NodesContract.hearAll(caches);
    long before = ServerCalls.ofScripts(redis);
    List<Thread> waiting = new CopyOnWriteArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(20);
    try {
      List<Future<List<String>>> all = new ArrayList<>();
      for (int t = 0; t < 20; t++) {
        all.add(
            threads.submit(
                () -> {
                  waiting.add(Thread.currentThread());
                  return list.getAll();
                }));
      }
      Await.until(
          "one reads and stands in its codec, the others wait for it",
          DEADLINE,
          () ->
              waiting.size() == 20
                  && waiting.stream().allMatch(t -> t.getState() == Thread.State.TIMED_WAITING));
      goOn.countDown();
      for (Future<List<String>> each : all) {
        assertThat(each.get(10, SECONDS)).containsExactly("e");
      }
    } finally {
      goOn.countDown();
      threads.shutdownNow();
    }
    assertThat(ServerCalls.ofScripts(redis) - before).isEqualTo(1);
    assertThat(list.stats().redisReads()).isEqualTo(20);
  }

  @Test
  void aReadOfACopyAllocatesNothing() {
    SharedHash<String, Long> hash =
        caches.shared().hash("h", Codec.string(), Codec.longs(), CONFIG);
    SharedSet<String> set = caches.shared().set("s", Codec.string(), CONFIG);
    hash.put("f", 1L);
    set.add("m", Duration.ofMinutes(5));
    NodesContract.hearAll(caches);
    Runnable reads =
        () -> {
          for (int i = 0; i < 20_000; i++) {
            if (hash.get("f") != 1 || !set.contains("m") || set.contains("none")) {
              throw new AssertionError("read something else");
            }
          }
        };
    reads.run();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    reads.run();
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
    assertThat(hash.stats().copyReads()).isGreaterThan(30_000);
  }

  @Test
  void onlySoManyCopiesAreKept() {
    SharedById<Long, SharedList<Long>> lists =
        caches
            .shared()
            .lists("l", Long.class, Codec.longs(), SharedConfig.builder().maxCopies(10).build());
    for (long id = 0; id < 200; id++) {
      assertThat(lists.of(id).getAll()).isEmpty();
    }
    assertThat(lists.stats().redisReads()).isEqualTo(200);
    assertThat(lists.of(7L).toString()).startsWith("list 'l', SharedConfig[");
    assertThat(lists.toString()).isEqualTo("list 'l' by id");
  }
}
