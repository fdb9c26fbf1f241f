package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Caches;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import io.perfkit.weave.WeavingRefused;
import java.io.ByteArrayInputStream;
import java.sql.Timestamp;
import java.time.MonthDay;
import java.time.OffsetTime;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Scanner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shapes of application classes with cache annotations. */
@RealRedis
final class ApplicationClassesIT {
  private final Caches caches;
  private final Caches otherCaches;
  private final Weaver weaver;
  private final Weaver elsewhere;

  ApplicationClassesIT(TestRedis server) {
    String prefix = server.prefix() + UUID.randomUUID();
    caches = Nodes.patient(server.client(), prefix);
    otherCaches = Nodes.patient(server.client(), prefix);
    weaver = Weaver.of(CacheAspect.of(caches));
    elsewhere = Weaver.of(CacheAspect.of(otherCaches));
  }

  @AfterEach
  void close() {
    caches.close();
    otherCaches.close();
  }

  static class Searches {
    int calls;

    @Cacheable("longs")
    String find(
        long a,
        long b,
        long c,
        long d,
        long e,
        long f,
        long g,
        long h,
        long i,
        long j,
        long k,
        long l) {
      calls++;
      return "" + l;
    }

    @Cacheable("texts")
    String find(
        String a,
        String b,
        String c,
        String d,
        String e,
        String f,
        String g,
        String h,
        String i,
        String j,
        String k,
        String l,
        String m,
        String n,
        String o,
        String p) {
      calls++;
      return p;
    }
  }

  @Test
  void manyPartsMakeAKey() {
    Searches searches = weaver.create(Searches.class);
    for (int i = 0; i < 2; i++) {
      assertThat(searches.find(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)).isEqualTo("12");
      assertThat(searches.find(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13)).isEqualTo("13");
      assertThat(searches.find("", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "x"))
          .isEqualTo("x");
    }
    assertThat(searches.calls).isEqualTo(3);
  }

  record Email(String text) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Email email && email.text.equalsIgnoreCase(text);
    }

    @Override
    public int hashCode() {
      return text.toLowerCase(Locale.ROOT).hashCode();
    }
  }

  static class ByEmail {
    @Cacheable("emails")
    String find(Email email) {
      return email.text();
    }
  }

  record Token(String secret) {
    @Override
    public String secret() {
      return secret.substring(0, 2) + "***";
    }
  }

  static class ByToken {
    @Cacheable("tokens")
    String owner(Token token) {
      return "owner of " + token;
    }
  }

  @Test
  void aRecordIsAKeyByWhatItIsEqualBy() {
    ByToken service = weaver.create(ByToken.class);
    service.owner(new Token("ab-1"));

    assertThat(service.owner(new Token("ab-2"))).contains("ab-2");
    assertThat(elsewhere.create(ByToken.class).owner(new Token("ab-3"))).contains("ab-3");
    assertThatThrownBy(() -> weaver.create(ByEmail.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("Email can't be a key, for it defines equals: equal ones could have");
  }

  interface Marked {
    String find(@CacheKey long id, String traceId);
  }

  static class MarkedElsewhere implements Marked {
    int calls;

    @Cacheable("marked")
    @Override
    public String find(long id, String traceId) {
      calls++;
      return "x" + id;
    }
  }

  static class OnlyMarked {
    String find(@CacheKey long id) {
      return "x" + id;
    }
  }

  @Test
  void aMarkOnAnotherDeclarationCounts() {
    MarkedElsewhere service = weaver.create(MarkedElsewhere.class);
    service.find(1, "a");
    service.find(1, "b");

    assertThat(service.calls).isEqualTo(1);
    assertThatThrownBy(() -> weaver.create(OnlyMarked.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "OnlyMarked.find(long): marks a parameter by @CacheKey, and no cache");
  }

  record User(Long id, String name) {}

  static class Users {
    int saved;

    @Cacheable("saved")
    User find(Long id) {
      return new User(id, "found");
    }

    @CachePut(cache = "saved", key = "#result.id", condition = "#result.name != 'hidden'")
    @Nullable User save(@Nullable User user) {
      saved++;
      return user;
    }

    @CacheEvict(cache = "saved", key = "#result.id")
    @Nullable User remove(@Nullable User user) {
      saved++;
      return user;
    }
  }

  @Test
  void aNullResultThatNamesNoEntryChangesNone() {
    Users users = weaver.create(Users.class);
    users.save(new User(1L, "put"));

    assertThat(users.save(null)).isNull();
    assertThat(users.remove(null)).isNull();
    assertThat(users.saved).isEqualTo(3);
    assertThat(users.find(1L).name()).isEqualTo("put");
    users.remove(new User(1L, "put"));
    assertThat(users.find(1L).name()).isEqualTo("found");
    assertThatThrownBy(() -> users.find(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining(
            "Users.find(Long): the key 'id' is null (expected: a value; condition");
  }

  static class Times {
    @Cacheable("times")
    String find(MonthDay day, ZoneId zone, Period period, OffsetTime time) {
      return day + " " + zone;
    }
  }

  record Row(long id, Timestamp at) {}

  static class Rows {
    @Cacheable("rows")
    Row row(long id) {
      Timestamp at = new Timestamp(1_000);
      at.setNanos(123_456_000);
      return new Row(id, at);
    }
  }

  @Test
  void timesAreKeysAndValuesWithAllTheirDigits() {
    assertThat(
            weaver
                .create(Times.class)
                .find(MonthDay.of(1, 2), ZoneOffset.UTC, Period.ofDays(1), OffsetTime.MIN))
        .isEqualTo("--01-02 Z");
    assertThat(elsewhere.create(Rows.class).row(1)).isEqualTo(weaver.create(Rows.class).row(1));
  }

  record Point(int x) {}

  static class Loose {
    int calls;

    @Cacheable(cache = "numbers", unless = "#result == 0")
    Number number(int x) {
      calls++;
      return x > 5 ? (Number) (long) x : (Number) x;
    }

    @Cacheable("objects")
    Object object(int x) {
      calls++;
      return x == 0 ? new Point(x) : "o" + x;
    }
  }

  @Test
  void resultsOfNoCertainClassAreKeptAsWhatTheyAreOrNotAtAll() {
    Loose loose = weaver.create(Loose.class);
    Loose other = elsewhere.create(Loose.class);
    for (int i = 0; i < 2; i++) {
      assertThat(loose.number(0)).isEqualTo(0);
    }
    assertThat(loose.calls).isEqualTo(2);
    assertThat(loose.number(5)).isEqualTo(5);
    assertThat(loose.number(6)).isEqualTo(6L);
    assertThat(loose.object(1)).isEqualTo("o1");

    assertThat(other.number(5)).isEqualTo(5);
    assertThat(other.number(6)).isEqualTo(6L);
    assertThat(other.object(1)).isEqualTo("o1");
    assertThat(other.calls).isZero();

    for (int i = 0; i < 2; i++) {
      assertThat(other.object(0)).isEqualTo(new Point(0));
    }
    assertThat(other.calls).isEqualTo(2);
  }

  static class OwnStage<T> extends CompletableFuture<T> {}

  static class Once {
    @Cacheable("stream")
    Stream<String> stream(long id) {
      return Stream.of();
    }

    @Cacheable("lists")
    List<Iterator<String>> lists(long id) {
      return List.of();
    }

    @Cacheable("bytes")
    ByteArrayInputStream bytes(long id) {
      return new ByteArrayInputStream(new byte[0]);
    }

    @Cacheable("scanner")
    Scanner scanner(long id) {
      return new Scanner("");
    }

    @Cacheable("task")
    FutureTask<String> task(long id) {
      return new FutureTask<>(() -> "");
    }

    @Cacheable("future")
    Future<String> future(long id) {
      return new FutureTask<>(() -> "");
    }

    @Cacheable("own")
    OwnStage<String> own(long id) {
      return new OwnStage<>();
    }
  }

  @Test
  void whatCanBeReadOnceOrNotMadeIsRefused() {
    assertThatThrownBy(() -> weaver.create(Once.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("7 problems")
        .hasMessageContaining("Once.stream(long): returns a Stream, which can be used once")
        .hasMessageContaining("Once.lists(long): returns a Iterator, which")
        .hasMessageContaining(
            "Once.own(long): returns a OwnStage, which a hit can't make; return a");
  }

  static class Evicting {
    final OwnStage<String> stage = new OwnStage<>();
    String stored = "old";

    @Cacheable("staged")
    String find(long id) {
      return stored;
    }

    @CacheEvict("staged")
    OwnStage<String> change(long id) {
      return stage;
    }
  }

  @Test
  void aStageOfOnesOwnEvictsWhenItCompletes() {
    Evicting evicting = weaver.create(Evicting.class);
    evicting.find(1);
    assertThat(evicting.change(1)).isNotDone();
    evicting.stored = "new";
    assertThat(evicting.find(1)).isEqualTo("old");
    evicting.stage.complete("done");
    assertThat(evicting.find(1)).isEqualTo("new");
  }
}
