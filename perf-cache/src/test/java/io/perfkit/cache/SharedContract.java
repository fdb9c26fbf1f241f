package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** What two nodes share, on every kind of server. */
abstract class SharedContract {
  private static final Duration DEADLINE = NodesContract.DEADLINE;
  private static final SharedConfig CONFIG =
      SharedConfig.builder().maxMembers(100).localTtl(Duration.ofMinutes(5)).build();

  private final String prefix = "test:" + UUID.randomUUID();
  private Caches cachesA;
  private Caches cachesB;

  /** A client of its own for each node. */
  abstract UnifiedJedis newClient();

  @BeforeEach
  void startTwoNodes() {
    cachesA = NodesContract.patient(newClient(), prefix);
    cachesB = NodesContract.patient(newClient(), prefix);
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void stopTwoNodes() {
    cachesA.close();
    cachesB.close();
  }

  private static SharedHash<String, Long> hash(Caches node) {
    return node.shared().hash("visits", Codec.string(), Codec.longs(), CONFIG);
  }

  @Test
  void aHashIsTheSameOnBothNodes() {
    SharedHash<String, Long> a = hash(cachesA);
    SharedHash<String, Long> b = hash(cachesB);
    assertThat(b.getAll()).isEmpty();
    assertThat(b.get("x")).isNull();

    a.put("x", 1L);
    a.putAll(Map.of("y", 2L, "z", Long.MIN_VALUE));
    assertThat(a.getAll()).as("at once").isEqualTo(Map.of("x", 1L, "y", 2L, "z", Long.MIN_VALUE));
    Await.until("heard", DEADLINE, () -> b.getAll().equals(a.getAll()));
    assertThat(b.get("y")).isEqualTo(2);
    assertThat(b.size()).isEqualTo(3);

    assertThat(b.putIfAbsent("x", 9L)).isFalse();
    assertThat(b.putIfAbsent("w", 9L)).isTrue();
    assertThat(b.get("w")).isEqualTo(9);
    assertThat(b.remove("y")).isTrue();
    assertThat(b.remove("y")).isFalse();
    Await.until("heard", DEADLINE, () -> a.getAll().equals(b.getAll()));
    assertThat(a.getAll()).containsOnlyKeys("w", "x", "z");

    a.clear();
    assertThat(a.size()).isZero();
    Await.until("heard", DEADLINE, () -> b.size() == 0);
  }

  @Test
  void numbersOfAHashAddUpExactlyFromAllNodes() throws Exception {
    SharedHash<String, Long> a = hash(cachesA);
    SharedHash<String, Long> b = hash(cachesB);
    a.put("x", 9_007_199_254_740_993L); // a number of Lua would lose the last digit
    assertThat(a.increment("x", 0)).isEqualTo(9_007_199_254_740_993L);

    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 6; t++) {
        SharedHash<String, Long> node = t % 2 == 0 ? a : b;
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    node.increment("sum", 3);
                    node.increment("sum", -1);
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get(30, SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(a.get("sum")).as("written here last or heard").isNotNull();
    Await.until("heard", DEADLINE, () -> a.get("sum") == 1_200 && b.get("sum") == 1_200);
  }

  @Test
  void aListKeepsItsLastOnBothNodes() {
    SharedList<String> a =
        cachesA.shared().list("news", Codec.string(), SharedConfig.builder().maxMembers(3).build());
    SharedList<String> b =
        cachesB.shared().list("news", Codec.string(), SharedConfig.builder().maxMembers(3).build());
    List.of("1", "2", "3", "4").forEach(a::addFirst);
    assertThat(a.getAll()).containsExactly("4", "3", "2");
    assertThat(a.range(1, 3)).containsExactly("3", "2");
    assertThat(a.range(2, 99)).containsExactly("2");
    assertThat(a.range(7, 9)).isEmpty();
    Await.until("heard", DEADLINE, () -> b.getAll().equals(a.getAll()));

    b.addLast("5");
    assertThat(b.getAll()).as("the first falls off").containsExactly("3", "2", "5");
    assertThat(b.size()).isEqualTo(3);
    Await.until("heard", DEADLINE, () -> a.getAll().equals(b.getAll()));
    b.clear();
    Await.until("heard", DEADLINE, () -> a.size() == 0);
  }

  @Test
  void aSetIsTheSameOnBothNodes() {
    SharedSet<String> a = cachesA.shared().set("revoked", Codec.string(), CONFIG);
    SharedSet<String> b = cachesB.shared().set("revoked", Codec.string(), CONFIG);
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      assertThat(b.contains("token-" + i)).isFalse();
      assertThat(a.add("token-" + i, Duration.ofMinutes(10 + i))).isTrue();
      assertThat(a.contains("token-" + i)).as("at once").isTrue();
      all.add("token-" + i);
    }
    assertThat(a.add("token-0", Duration.ofMinutes(1))).as("there already").isFalse();
    assertThat(a.add("for ever")).isTrue();
    all.add("for ever");
    Await.until("heard", DEADLINE, () -> all.stream().allMatch(b::contains));
    assertThat(b.members()).isEqualTo(all);
    assertThat(b.size()).isEqualTo(201);
    assertThat(b.contains("token-200")).isFalse();

    assertThat(b.remove("token-7")).isTrue();
    assertThat(b.remove("token-7")).isFalse();
    assertThat(b.contains("token-7")).isFalse();
    Await.until("heard", DEADLINE, () -> !a.contains("token-7"));
    assertThat(a.size()).isEqualTo(200);
    a.clear();
    assertThat(a.members()).isEmpty();
    Await.until("heard", DEADLINE, () -> b.size() == 0);
  }

  @Test
  void structuresOfOneNameAreToldApartById() {
    SharedById<Long, SharedHash<String, String>> hashes =
        cachesA.shared().hashes("settings", Long.class, Codec.string(), Codec.string(), CONFIG);
    SharedById<Long, SharedList<Long>> lists =
        cachesA.shared().lists("latest", Long.class, Codec.longs(), CONFIG);
    SharedById<Long, SharedSet<Long>> setsA =
        cachesA.shared().sets("followed", Long.class, Codec.longs(), CONFIG);
    SharedById<Long, SharedSet<Long>> setsB =
        cachesB.shared().sets("followed", Long.class, Codec.longs(), CONFIG);
    for (long id = 0; id < 20; id++) {
      hashes.of(id).put("id", "is " + id);
      lists.of(id).addLast(id);
      lists.of(id).addLast(id + 1);
      setsA.of(id).add(id);
    }
    for (long id = 0; id < 20; id++) {
      assertThat(hashes.of(id).getAll()).isEqualTo(Map.of("id", "is " + id));
      assertThat(lists.of(id).getAll()).containsExactly(id, id + 1);
      assertThat(setsB.of(id).members()).containsExactly(id);
      assertThat(setsB.of(id).contains(id + 1)).isFalse();
    }
    setsB.of(7L).remove(7L);
    Await.until("heard", DEADLINE, () -> setsA.of(7L).size() == 0);
    assertThat(setsA.of(8L).contains(8L)).isTrue();
    assertThat(hashes.stats().writes()).isEqualTo(20);
  }

  @Test
  void aNodeSeesItsOwnWritesAtOnce() { // S1
    SharedHash<String, Long> hash = hash(cachesA);
    SharedList<Long> list = cachesA.shared().list("own", Codec.longs(), CONFIG);
    SharedSet<Long> set = cachesA.shared().set("own-set", Codec.longs(), CONFIG);
    for (long i = 0; i < 100; i++) {
      hash.put("x", i);
      list.addFirst(i);
      set.add(i);
      assertThat(hash.get("x")).isEqualTo(i);
      assertThat(list.range(0, 1)).containsExactly(i);
      assertThat(set.contains(i)).isTrue();
    }
  }
}
