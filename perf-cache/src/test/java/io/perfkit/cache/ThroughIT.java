package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reading and writing through a cache before a database that is a map. */
@RealRedis
final class ThroughIT {
  private final Map<String, String> database = new ConcurrentHashMap<>();
  private final List<Set<String>> loads = new ArrayList<>();
  private final Caches cachesA;
  private final Caches cachesB;
  private final Cache<String, String> a;
  private final Cache<String, String> b;

  ThroughIT(TestRedis server) {
    String prefix = server.prefix() + UUID.randomUUID();
    cachesA = NodesContract.patient(server.newClient(), prefix);
    cachesB = NodesContract.patient(server.newClient(), prefix);
    a = cachesA.cache("names", String.class, Codec.string(), CacheConfig.defaults());
    b = cachesB.cache("names", String.class, Codec.string(), CacheConfig.defaults());
  }

  @BeforeEach
  void subscribe() {
    Await.until(
        "subscribed", NodesContract.DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
  }

  private String load(String key) {
    loads.add(Set.of(key));
    return database.get(key);
  }

  private Map<String, String> loadAll(Set<String> keys) {
    loads.add(keys);
    Map<String, String> rows = new ConcurrentHashMap<>(database);
    rows.keySet().retainAll(keys);
    return rows;
  }

  private void save(List<Write<String, String>> writes) {
    for (Write<String, String> write : writes) {
      if (write.isRemoval()) {
        database.remove(write.key());
      } else {
        database.put(write.key(), write.value());
      }
    }
  }

  @Test
  void readsThroughALoaderThatIsGivenOnce() {
    database.put("k", "v");
    ReadThrough<String, String> names = ReadThrough.of(a, this::load);

    assertThat(names.get("k")).isEqualTo("v");
    assertThat(names.get("k")).isEqualTo("v");
    assertThat(names.get("nobody")).isNull();
    assertThat(loads).containsExactly(Set.of("k"), Set.of("nobody"));
    assertThat(names.cache()).isSameAs(a);
    assertThat(names.toString()).startsWith("ReadThrough[Cache[names, ");
  }

  @Test
  void loadsTheMissingOnesOfManyKeysTogether() {
    database.putAll(Map.of("a", "1", "b", "2", "c", "3"));
    ReadThrough<String, String> names = ReadThrough.ofAll(a, this::loadAll);

    assertThat(names.get("a")).isEqualTo("1");
    assertThat(names.getAll(List.of("c", "a", "nobody", "b")).toString())
        .isEqualTo("{c=3, a=1, b=2}");
    assertThat(loads).containsExactly(Set.of("a"), Set.of("b", "c", "nobody"));
  }

  @Test
  void keepsEntriesAsTheirLoaderSays() {
    ReadThrough<String, String> names =
        ReadThrough.ofAllEntries(a, keys -> Map.of("k", Entry.of("v").withTags("t")));
    assertThat(names.get("k")).isEqualTo("v");
    assertThat(b.getIfPresent("k")).isEqualTo("v");
    a.invalidateTag("t");
    assertThat(a.getIfPresent("k")).isNull();
  }

  @Test
  void aWriteThroughIsSeenByEveryNodeOnceItReturns() {
    ReadThrough<String, String> onA = ReadThrough.of(a, this::load);
    ReadThrough<String, String> onB = ReadThrough.of(b, this::load);
    WriteThrough<String, String> names = WriteThrough.of(a, this::save);
    names.put("k", "old");
    assertThat(onA.get("k")).isEqualTo("old");
    assertThat(onB.get("k")).isEqualTo("old");

    names.put("k", "new");
    assertThat(onA.get("k")).isEqualTo("new");
    Await.until("the other node too", NodesContract.DEADLINE, () -> "new".equals(onB.get("k")));

    names.remove("k");
    assertThat(onA.get("k")).isNull();
    Await.until("the other node too", NodesContract.DEADLINE, () -> onB.get("k") == null);
  }

  @Test
  void manyWritesAreOneCallOfTheWriter() {
    List<Integer> calls = new ArrayList<>();
    WriteThrough<String, String> names =
        WriteThrough.of(
            a,
            writes -> {
              calls.add(writes.size());
              save(writes);
            });
    a.put("k1", "old");
    names.writeAll(List.of(Write.put("k1", "v1"), Write.put("k2", "v2"), Write.remove("k3")));
    names.writeAll(List.of());

    assertThat(calls).containsExactly(3);
    assertThat(database).containsOnly(Map.entry("k1", "v1"), Map.entry("k2", "v2"));
    assertThat(a.getIfPresent("k1")).isNull();
  }

  @Test
  void aWriterThatFailsLeavesTheCacheAsItWas() {
    IllegalStateException failure = new IllegalStateException("constraint");
    WriteThrough<String, String> names =
        WriteThrough.of(
            a,
            writes -> {
              throw failure;
            });
    a.put("k", "old");

    assertThatThrownBy(() -> names.put("k", "new")).isSameAs(failure);
    assertThatThrownBy(() -> names.remove("k")).isSameAs(failure);
    assertThat(a.getIfPresent("k")).isEqualTo("old");
    assertThat(b.getIfPresent("k")).isEqualTo("old");
  }

  @Test
  void aLoadThatBeganBeforeTheCommitIsNotKept() throws Exception { // Cache I1
    database.put("k", "old");
    WriteThrough<String, String> names = WriteThrough.of(b, this::save);
    String before = database.get("k");
    try (SlowLoad slow = SlowLoad.of(a, "k", before)) {
      names.put("k", "new");
      assertThat(slow.finish()).as("its own caller keeps its snapshot").isEqualTo("old");
      assertThat(ReadThrough.of(a, this::load).get("k")).isEqualTo("new");
    }
  }

  @Test
  void refusesWhatItCannotTakeBeforeAnythingIsWritten() {
    WriteThrough<String, String> names = WriteThrough.of(a, this::save);
    assertThatThrownBy(() -> names.put(null, "v"))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("key");
    assertThatThrownBy(() -> names.put("k", null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("value");
    assertThatThrownBy(() -> names.writeAll(List.of(Write.put("k", "a"), Write.put("k", "b"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("writes: 2 of 1 keys (expected: each key once)");
    assertThatThrownBy(() -> WriteThrough.of(a, null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("writer");
    assertThatThrownBy(() -> ReadThrough.of(a, null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("loader");
    assertThat(database).isEmpty();
  }

  @Test
  void tellsTheKeyOfAWriteAndNotItsValue() {
    assertThat(Write.put("k", "secret")).hasToString("put k");
    assertThat(Write.remove("k")).hasToString("remove k");
  }
}
