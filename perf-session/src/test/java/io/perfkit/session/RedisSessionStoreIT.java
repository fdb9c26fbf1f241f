package io.perfkit.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.CommandRejected;
import io.perfkit.redis.GuardConfig;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.Expired;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Unavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RedisProcess;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;

/** What stands in Redis, on a server of its own that sends no notifications. */
final class RedisSessionStoreIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Pattern CALLS = Pattern.compile("cmdstat_(\\w+):calls=(\\d+)");
  private static final SessionAttribute<String> CART = SessionAttribute.of("cart", Codec.string());
  private static final SessionAttribute<Long> VISITS = SessionAttribute.of("visits", Codec.longs());

  private static final RedisProcess server = RedisProcess.start();
  private static final RedisClient client =
      RedisClient.builder().hostAndPort(server.address()).build();

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @BeforeEach
  void empty() {
    client.flushAll();
  }

  private static SessionManager manager(SessionConfig.Builder config) {
    return SessionManager.builder(client, "shop", Secrets.ONE)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .config(config.sweepEvery(Duration.ZERO).build())
        .build();
  }

  private static SessionConfig.Builder brief() {
    return SessionConfig.builder()
        .idle(Duration.ofSeconds(2)) // longer than a thread stands still between two calls
        .touchEvery(Duration.ZERO)
        .rotationGrace(Duration.ofMillis(100))
        .keepEnded(Duration.ofSeconds(1));
  }

  private static Session active(SessionOutcome outcome) {
    assertThat(outcome).isInstanceOf(Active.class);
    return outcome.session().orElseThrow();
  }

  private static String text(Session session) {
    return session.token().text();
  }

  private static Set<String> keys() {
    return client.keys("*");
  }

  @Test
  void keysAreThoseOfThePage() {
    try (SessionManager sessions = manager(SessionConfig.builder())) {
      Session session = active(sessions.login(Login.of("alice")));
      String tag = session.token().tag().text();
      assertThat(keys())
          .containsExactlyInAnyOrder(
              "shop:{shop.sessions}:v1:s:" + session.id(),
              "shop:{shop.sessions}:v1:u:" + tag,
              "shop:{shop.sessions}:v1:ends");
      assertThat(client.hgetAll("shop:{shop.sessions}:v1:s:" + session.id()))
          .containsOnlyKeys("m", "u");
    }
  }

  @Test
  void everyKeyIsGoneAfterTheLastExpiryAndASweep() {
    try (SessionManager sessions = manager(brief());
        Jedis admin = new Jedis(server.address())) {
      assertThat(admin.configGet("notify-keyspace-events").values()).containsOnly("");
      history(sessions);
      Await.until(
          "all have ended",
          DEADLINE,
          () -> {
            sessions.sweep();
            return client.zcard("shop:{shop.sessions}:v1:ends") == 0;
          });
      SessionStats stats = sessions.stats();
      assertThat(stats.ended()).isEqualTo(stats.created()).isGreaterThan(10);
      assertThat(keys()).noneMatch(key -> key.contains(":u:"));
      Await.until("what is remembered has ended", DEADLINE, () -> keys().isEmpty());
    }
  }

  @Test
  void everyKeyHasATtlSoThatNothingStaysIfNobodySweeps() {
    Duration absolute = Duration.ofHours(2);
    Duration keepEnded = Duration.ofHours(1);
    try (SessionManager sessions =
        manager(SessionConfig.builder().absolute(absolute).keepEnded(keepEnded))) {
      history(sessions);
      assertThat(keys())
          .isNotEmpty()
          .allSatisfy(
              key ->
                  assertThat(client.pttl(key)).isBetween(1L, absolute.plus(keepEnded).toMillis()));
    }
  }

  private static void history(SessionManager sessions) {
    for (int i = 0; i < 5; i++) {
      Session anonymous = active(sessions.create());
      anonymous.set(CART, "apples");
      active(sessions.save(anonymous));
      Session session = active(sessions.login(Login.of("user" + i % 2).from(anonymous)));
      active(sessions.get(text(session)));
      active(sessions.increment(session, VISITS, 1));
      active(sessions.extend(session, Duration.ofMillis(2_500)));
      Session rotated = active(sessions.rotate(session));
      if (i == 2) {
        sessions.invalidate(rotated);
      } else if (i == 3) {
        sessions.invalidateOthers(rotated);
      }
    }
    active(sessions.create());
    active(sessions.login(Login.of("carol")));
    sessions.invalidateAll("carol");
  }

  @Test
  void anIndexThatRedisLostEndsItsSessionsAndRevivesNone() {
    try (SessionManager sessions = manager(SessionConfig.builder())) {
      Session one = active(sessions.login(Login.of("alice")));
      client.del("shop:{shop.sessions}:v1:u:" + one.token().tag().text());

      assertThat(sessions.get(text(one))).isEqualTo(new Revoked(EndReason.EVERYWHERE));
      assertThat(sessions.count("alice")).isZero();
      Session two = active(sessions.login(Login.of("alice")));
      active(sessions.extend(two, Duration.ofHours(1)));
      assertThat(sessions.get(text(one))).isEqualTo(new Revoked(EndReason.EVERYWHERE));
    }
  }

  @Test
  void sessionsThatRedisLostLeaveRoomUnderTheLimit() {
    try (SessionManager sessions =
        manager(SessionConfig.builder().maxPerUser(2).onLimit(LimitPolicy.REJECT))) {
      Session one = active(sessions.login(Login.of("alice")));
      active(sessions.login(Login.of("alice")));
      client.del("shop:{shop.sessions}:v1:s:" + one.id());

      assertThat(sessions.list("alice")).hasSize(1);
      active(sessions.login(Login.of("alice")));
      assertThat(sessions.count("alice")).isEqualTo(2);
    }
  }

  @Test
  void foreignTypesAndHalfASessionAreNotFound() {
    try (SessionManager sessions = manager(SessionConfig.builder())) {
      Session session = active(sessions.create());
      String key = "shop:{shop.sessions}:v1:s:" + session.id();
      client.hset(key, "m", "half");
      assertThat(sessions.get(text(session))).isInstanceOf(NotFound.class);
      session.set(CART, "apples");
      assertThat(sessions.save(session)).isInstanceOf(NotFound.class);
      client.set(key, "foreign");
      assertThat(sessions.get(text(session))).isInstanceOf(NotFound.class);
      assertThat(sessions.save(session)).isInstanceOf(NotFound.class);
      assertThat(sessions.invalidate(session)).isFalse();
      assertThat(client.get(key)).isEqualTo("foreign");
    }
  }

  @Test
  void aFullRedisStillFindsSessions() {
    try (SessionManager sessions = manager(SessionConfig.builder().touchEvery(Duration.ZERO))) {
      Session session = active(sessions.login(Login.of("alice")));
      client.configSet("maxmemory", "1");
      try {
        assertThat(active(sessions.get(text(session))).user()).contains("alice");
        assertThat(sessions.create()).isInstanceOf(Unavailable.class);
        assertThat(sessions.login(Login.of("alice"))).isInstanceOf(Unavailable.class);
        assertThat(sessions.count("alice")).isEqualTo(1);
        assertThat(sessions.increment(session, VISITS, 1)).isInstanceOf(Unavailable.class);
        session.set(CART, "apples");
        assertThat(sessions.save(session)).isInstanceOf(Unavailable.class);
        assertThat(sessions.invalidateAll("alice")).isEqualTo(1);
      } finally {
        client.configSet("maxmemory", "0");
      }
      assertThat(sessions.get(text(session))).isEqualTo(new Revoked(EndReason.EVERYWHERE));
    }
  }

  @Test
  void aFullRedisIsSweptThoughASessionThatIsDueWasUsedSince() {
    FakeClock clock = FakeClock.startingAt(Instant.ofEpochMilli(Instant.now().toEpochMilli()));
    String queue = "shop:{shop.sessions}:v1:ends";
    try (SessionManager sessions =
        SessionManager.builder(client, "shop", Secrets.ONE)
            .config(SessionConfig.builder().sweepEvery(Duration.ZERO).build())
            .serverClock(() -> Long.toString(clock.millis()).getBytes(UTF_8))
            .build()) {
      Session used = active(sessions.create());
      clock.advance(Duration.ofMillis(1));
      active(sessions.create());
      clock.advance(Duration.ofMinutes(20));
      active(sessions.get(text(used)));
      clock.advance(Duration.ofMinutes(20));
      client.configSet("maxmemory", "1");
      try {
        assertThat(sessions.sweep()).isEqualTo(new SweepReport(1, 0, 0, 0));
      } finally {
        client.configSet("maxmemory", "0");
      }
      assertThat(client.zcard(queue)).isEqualTo(1);
      active(sessions.get(text(used)));
      clock.advance(Duration.ofMinutes(20));
      assertThat(sessions.sweep()).isEqualTo(new SweepReport(0, 0, 0, 0));
      assertThat(client.pttl(queue)).as("queued again alone").isPositive();
    }
  }

  @Test
  void eachCallIsOneRoundTripAndAThrottledUseWritesNothing() {
    try (SessionManager sessions = manager(SessionConfig.builder().maxPerUser(50))) {
      Session session = active(sessions.login(Login.of("alice"))); // loads the scripts
      sessions.count("alice");
      session.set(CART, "apples");
      List<Runnable> calls = new ArrayList<>();
      calls.add(() -> active(sessions.get(text(session))));
      calls.add(() -> active(sessions.save(session)));
      calls.add(() -> active(sessions.increment(session, VISITS, 1)));
      calls.add(() -> active(sessions.extend(session, Duration.ofMinutes(1))));
      calls.add(() -> sessions.list("alice"));
      calls.add(() -> sessions.count("alice"));
      calls.add(() -> active(sessions.create()));
      calls.add(() -> active(sessions.login(Login.of("alice").from(active(sessions.create())))));
      calls.add(() -> active(sessions.rotate(active(sessions.create()))));
      calls.add(() -> sessions.invalidateOthers(session));
      calls.add(() -> sessions.invalidate(active(sessions.create())));
      calls.add(() -> sessions.invalidateAll("alice"));
      calls.add(sessions::sweep);
      calls.forEach(Runnable::run); // and the rest of them
      Session again = active(sessions.login(Login.of("alice")));

      resetCounts();
      for (int i = 0; i < 10; i++) {
        active(sessions.get(text(again)));
      }
      assertThat(commands()).containsEntry("evalsha", 10L).doesNotContainKeys("hset", "zadd");

      resetCounts();
      sessions.list("alice");
      sessions.count("alice");
      again.set(CART, "pears");
      active(sessions.save(again));
      active(sessions.increment(again, VISITS, 1));
      active(sessions.extend(again, Duration.ofMinutes(1)));
      Session rotated = active(sessions.rotate(again));
      sessions.invalidateOthers(rotated);
      Session relogged = active(sessions.login(Login.of("alice").from(rotated)));
      sessions.invalidate(relogged);
      sessions.invalidateAll("alice");
      sessions.sweep();
      assertThat(commands()).containsEntry("evalsha", 11L).doesNotContainKeys("eval");
    }
  }

  @Test
  void anErrorOfReadingEventsIsThrownAndStopsNoStart() {
    client.set("shop:{shop.sessions}:v1:events", "foreign");
    AtomicBoolean missed = new AtomicBoolean();
    SessionListener listener =
        new SessionListener() {
          @Override
          public void happened(SessionEvent event) {}

          @Override
          public void missed() {
            missed.set(true);
          }
        };
    try (SessionManager sessions =
        SessionManager.builder(client, "shop", Secrets.ONE)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .config(SessionConfig.builder().maxEvents(100).sweepEvery(Duration.ZERO).build())
            .listener(listener)
            .build()) {
      assertThatThrownBy(() -> sessions.events("")).isInstanceOf(CommandRejected.class);
      client.del("shop:{shop.sessions}:v1:events");
      Await.until("told of what it may have missed", DEADLINE, missed::get);
      active(sessions.create());
    }
  }

  @Test
  void aSaveOfWhatNobodyElseChangedReadsNoAttribute() {
    try (SessionManager sessions = manager(SessionConfig.builder())) {
      Session session = active(sessions.login(Login.of("alice")));
      session.set(CART, "apples");
      active(sessions.save(session));
      Session other = active(sessions.get(text(session)));
      resetCounts();
      session.set(CART, "apples and pears");
      session.remove(VISITS);
      active(sessions.save(session));
      active(sessions.increment(session, VISITS, 1));
      session.remove(VISITS);
      session.set(CART, "pears");
      active(sessions.save(session));
      assertThat(commands()).doesNotContainKey("hgetall").containsEntry("hstrlen", 1L);
      assertThat(bytes(session)).isEqualTo(stored(session));
      other.set(CART, "plums");
      active(sessions.save(other)); // on a version that is gone
      assertThat(bytes(session)).isEqualTo(stored(session));
      assertThat(commands()).containsEntry("hstrlen", 2L);
    }
  }

  private static byte[] key(Session session) {
    return ("shop:{shop.sessions}:v1:s:" + session.id()).getBytes(UTF_8);
  }

  /** What a session says its attributes take. */
  private static long bytes(Session session) {
    ByteBuffer times = ByteBuffer.wrap(client.hget(key(session), "m".getBytes(UTF_8)));
    return ((long) times.getChar(18) << 32) | (times.getInt(20) & 0xFFFF_FFFFL);
  }

  /** What they take. */
  private static long stored(Session session) {
    return client.hgetAll(key(session)).entrySet().stream()
        .filter(field -> field.getKey().length > 2)
        .mapToLong(field -> field.getKey().length - 2 + field.getValue().length)
        .sum();
  }

  @Test
  void severalTokensAreLookedUpInOneRoundTrip() {
    try (SessionManager sessions = manager(SessionConfig.builder())) {
      Session one = active(sessions.login(Login.of("alice")));
      Session two = active(sessions.login(Login.of("bob")));
      sessions.invalidate(one);
      long before = sessions.stats().active();
      resetCounts();
      Session found = active(sessions.get(List.of(text(one), text(two))));
      assertThat(found.user()).contains("bob");
      assertThat(sessions.stats().active()).isEqualTo(before + 1);
      assertThat(commands()).containsEntry("evalsha", 2L);
    }
  }

  private static void resetCounts() {
    client.executeCommand(
        new CommandObject<>(
            new CommandArguments(Protocol.Command.CONFIG).add("RESETSTAT"),
            BuilderFactory.RAW_OBJECT));
  }

  private static Map<String, Long> commands() {
    Matcher calls = CALLS.matcher(client.info("commandstats"));
    return calls
        .results()
        .collect(Collectors.toMap(call -> call.group(1), call -> Long.valueOf(call.group(2))));
  }

  @Test
  void aRedisThatRefusesConfigAndInfoHasAnUnknownPolicy() {
    client.executeCommand(
        new CommandObject<>(
            new CommandArguments(Protocol.Command.ACL)
                .add("SETUSER")
                .add("managed")
                .add("on")
                .add(">secret")
                .add("~*")
                .add("+@all")
                .add("-config")
                .add("-info"),
            BuilderFactory.RAW_OBJECT));
    DefaultJedisClientConfig managed =
        DefaultJedisClientConfig.builder().user("managed").password("secret").build();
    SessionConfig config = SessionConfig.builder().sweepEvery(Duration.ofMillis(100)).build();
    try (RedisClient refused =
            RedisClient.builder().hostAndPort(server.address()).clientConfig(managed).build();
        SessionManager unknown =
            SessionManager.builder(refused, "shop", Secrets.ONE)
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .config(config)
                .build();
        SessionManager known =
            SessionManager.builder(client, "shop", Secrets.ONE)
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .config(config)
                .build()) {
      active(unknown.create());
      Await.until("told", DEADLINE, () -> known.health().evictionPolicy().equals("noeviction"));
      assertThat(unknown.health().evictionPolicy()).isEqualTo("unknown");
      assertThat(unknown.health().healthy()).isTrue();
      active(unknown.create());
    }
  }

  @Test
  void allOfAThousandSessionsEndInOneRoundTrip() {
    try (SessionManager sessions = manager(SessionConfig.builder().maxPerUser(1_000))) {
      List<Session> made = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        made.add(active(sessions.login(Login.of("alice"))));
      }
      sessions.invalidateAll("nobody");
      resetCounts();

      assertThat(sessions.invalidateAll("alice")).isEqualTo(1_000);

      assertThat(commands()).containsEntry("evalsha", 1L).containsEntry("rename", 1L);
      for (Session session : made) {
        assertThat(sessions.get(text(session))).isEqualTo(new Revoked(EndReason.EVERYWHERE));
      }
    }
  }

  @Test
  void aSessionTakesAtMost600BytesBesideItsAttributes() {
    try (SessionManager sessions = manager(SessionConfig.builder())) {
      active(sessions.login(Login.of("warm")));
      long before = used();
      int users = 2_000;
      for (int i = 0; i < users; i++) {
        active(sessions.login(Login.of("user-" + i)));
      }
      long each = (used() - before) / users;
      assertThat(each)
          .as("bytes of a session, its index and its place in the queue")
          .isBetween(100L, 600L);
    }
  }

  private static long used() {
    return Long.parseLong(
        client
            .info("memory")
            .lines()
            .filter(line -> line.startsWith("used_memory:"))
            .findFirst()
            .orElseThrow()
            .substring("used_memory:".length()));
  }

  @Test
  void nothingComesBackInARaceOfUseAndLogout() throws Exception {
    try (SessionManager sessions =
        manager(SessionConfig.builder().touchEvery(Duration.ZERO).maxPerUser(1_000))) {
      for (int round = 0; round < 50; round++) {
        Session session = active(sessions.login(Login.of("alice")));
        List<Thread> users = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          int kind = i;
          Thread user =
              new Thread(
                  () -> {
                    for (int n = 0; n < 20; n++) {
                      SessionOutcome got = sessions.get(text(session));
                      got.session().ifPresent(live -> use(sessions, live, kind));
                    }
                  });
          user.start();
          users.add(user);
        }
        int how = round % 3;
        if (how == 0) {
          sessions.invalidate(session);
        } else if (how == 1) {
          sessions.invalidateAll("alice");
        } else {
          sessions.list("alice").forEach(one -> sessions.invalidate("alice", one));
        }
        // A rotation or login that was under way may have given it another name meanwhile; these
        // are none of them, so from here on nothing finds it.
        assertThat(sessions.get(text(session)).session()).isEmpty();
        for (Thread user : users) {
          user.join();
        }
        assertThat(sessions.get(text(session)).session()).isEmpty();
        assertThat(sessions.count("alice")).isZero();
        for (String key : keys()) {
          if (key.contains(":s:") && how != 1) {
            assertThat(client.hkeys(key.getBytes(UTF_8)))
                .as("no half of a session")
                .anyMatch(field -> field[0] == 'e' || field[0] == 'm');
          }
        }
      }
    }
  }

  private static void use(SessionManager sessions, Session live, int kind) {
    live.set(CART, "apples");
    switch (kind) {
      case 0 -> sessions.save(live);
      case 1 -> sessions.increment(live, VISITS, 1);
      case 2 -> sessions.extend(live, Duration.ofMinutes(40));
      default -> sessions.saveIfUnchanged(live);
    }
  }

  @Test
  void whatEndedIsRememberedForAWhileAndThenNotFound() {
    SessionConfig.Builder longRemembered =
        brief().idle(Duration.ofMillis(300)).keepEnded(Duration.ofSeconds(5));
    try (SessionManager sessions = manager(longRemembered)) {
      Session session = active(sessions.create());
      Await.until(
          "expired", DEADLINE, () -> sessions.get(text(session), Touch.NO) instanceof Expired);
      Await.until(
          "not found", DEADLINE, () -> sessions.get(text(session), Touch.NO) instanceof NotFound);
    }
  }
}
