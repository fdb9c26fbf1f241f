package io.perfkit.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.session.LimitPolicy;
import io.perfkit.session.Login;
import io.perfkit.session.Peppers;
import io.perfkit.session.Session;
import io.perfkit.session.SessionAttribute;
import io.perfkit.session.SessionConfig;
import io.perfkit.session.SessionManager;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.RedisClient;

/**
 * Sessions of {@value #USERS} users on a Redis of their own, with {@value #ATTRIBUTES} attributes
 * each: ours, and as plain hashes for commands that are written by hand.
 */
@State(Scope.Benchmark)
public class SessionsInRedis {
  static final int USERS = 1_000;
  static final int ATTRIBUTES = 5;
  static final int LISTED = 10;
  static final String VALUE = "v".repeat(40);

  private static final SessionAttribute<String> CHANGED =
      SessionAttribute.of("changed", Codec.string());
  private static final byte[] FIELD = "changed".getBytes(UTF_8);

  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client = BenchRedis.client(redis);
  private final SessionManager always = manager(Duration.ZERO);
  private final SessionManager throttled = manager(Duration.ofMinutes(1));
  private final String[] tokens = new String[USERS];
  private final List<byte[]> hashes = new ArrayList<>(USERS);

  public SessionsInRedis() {
    for (int user = 0; user < USERS; user++) {
      Session session = always.login(Login.of("user" + user)).session().orElseThrow();
      Map<String, String> hash = new HashMap<>();
      for (int i = 0; i < ATTRIBUTES; i++) {
        session.set(SessionAttribute.of("attribute" + i, Codec.string()), VALUE);
        hash.put("attribute" + i, VALUE);
      }
      for (String own : List.of("created", "accessed", "interval")) {
        hash.put(own, "1780000000000");
      }
      always.save(session);
      tokens[user] = session.token().text();
      String key = "hash:" + session.id();
      hashes.add(key.getBytes(UTF_8));
      client.hset(key, hash);
    }
    for (int i = 0; i < LISTED; i++) {
      login();
    }
  }

  private SessionManager manager(Duration touchEvery) {
    return SessionManager.builder(client, "bench", Peppers.of(1, new byte[Peppers.MIN_BYTES]))
        .config(
            SessionConfig.builder()
                .touchEvery(touchEvery)
                .renewal(Duration.ZERO)
                .sweepEvery(Duration.ZERO)
                .maxPerUser(LISTED)
                .onLimit(LimitPolicy.EVICT_OLDEST)
                .build())
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  static String value() {
    return Integer.toString(ThreadLocalRandom.current().nextInt(1_000));
  }

  static int user() {
    return ThreadLocalRandom.current().nextInt(USERS);
  }

  private Session request(SessionManager sessions) {
    Session session = sessions.get(tokens[user()]).session().orElseThrow();
    session.set(CHANGED, value());
    return sessions.save(session).session().orElseThrow();
  }

  Session everyRequestTouches() {
    return request(always);
  }

  Session throttled() {
    return request(throttled);
  }

  /** The least that keeps a session by hand: it is read, and the change and its use are written. */
  long twoCalls() {
    byte[] hash = hashes.get(user());
    if (client.hgetAll(hash).isEmpty()) {
      throw new IllegalStateException("hash: none (expected: a session)");
    }
    return client.hset(hash, FIELD, value().getBytes(UTF_8));
  }

  /** A login of a user who has {@value #LISTED} sessions, which is the limit. */
  final Session login() {
    return always.login(Login.of("listed")).session().orElseThrow();
  }

  int list() {
    return listed(always.list("listed").size());
  }

  static int listed(int sessions) {
    if (sessions != LISTED) {
      throw new IllegalStateException("listed: " + sessions + " (expected: " + LISTED + ")");
    }
    return sessions;
  }

  @TearDown
  public void close() {
    always.close();
    throttled.close();
    client.close();
    redis.close();
  }
}
