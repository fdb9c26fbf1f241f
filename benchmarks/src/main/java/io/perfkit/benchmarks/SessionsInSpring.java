package io.perfkit.benchmarks;

import io.perfkit.testing.RedisProcess;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisSessionRepository;

/**
 * The same sessions in Spring Session's two repositories, over Lettuce and with its defaults, as
 * its filter uses them: what is read is marked as used, and saved.
 */
@State(Scope.Benchmark)
public class SessionsInSpring {
  private static final String PRINCIPAL =
      FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

  private final RedisProcess redis = RedisProcess.start();
  private final LettuceConnectionFactory connections =
      new LettuceConnectionFactory(redis.address().getHost(), redis.address().getPort());
  private final RedisSessionRepository simple;
  private final RedisIndexedSessionRepository indexed;
  private final String[] simpleIds = new String[SessionsInRedis.USERS];
  private final String[] indexedIds = new String[SessionsInRedis.USERS];

  public SessionsInSpring() {
    connections.afterPropertiesSet();
    connections.start();
    RedisTemplate<String, Object> template = new RedisTemplate<>();
    template.setConnectionFactory(connections);
    template.setKeySerializer(RedisSerializer.string());
    template.setHashKeySerializer(RedisSerializer.string());
    template.afterPropertiesSet();
    simple = new RedisSessionRepository(template);
    indexed = new RedisIndexedSessionRepository(template);
    for (int user = 0; user < SessionsInRedis.USERS; user++) {
      simpleIds[user] = made(simple, "user" + user);
      indexedIds[user] = made(indexed, "user" + user);
    }
    for (int i = 0; i < SessionsInRedis.LISTED; i++) {
      made(indexed, "listed");
    }
  }

  private static <S extends Session> String made(SessionRepository<S> sessions, String user) {
    S session = sessions.createSession();
    session.setAttribute(PRINCIPAL, user);
    for (int i = 0; i < SessionsInRedis.ATTRIBUTES; i++) {
      session.setAttribute("attribute" + i, SessionsInRedis.VALUE);
    }
    sessions.save(session);
    return session.getId();
  }

  private static <S extends Session> S request(SessionRepository<S> sessions, String[] ids) {
    S session = sessions.findById(ids[SessionsInRedis.user()]);
    if (session == null) {
      throw new IllegalStateException("session: none (expected: one)");
    }
    session.setLastAccessedTime(Instant.now());
    session.setAttribute("changed", SessionsInRedis.value());
    sessions.save(session);
    return session;
  }

  Session simple() {
    return request(simple, simpleIds);
  }

  Session indexed() {
    return request(indexed, indexedIds);
  }

  /**
   * Its sequence for a limit: the user's sessions are read, the oldest is deleted, one is saved.
   */
  String login() {
    Map<String, ? extends Session> sessions = indexed.findByPrincipalName("listed");
    if (sessions.size() >= SessionsInRedis.LISTED) {
      sessions.values().stream()
          .min(Comparator.comparing(Session::getCreationTime))
          .map(Session::getId)
          .ifPresent(indexed::deleteById);
    }
    return made(indexed, "listed");
  }

  int list() {
    return SessionsInRedis.listed(indexed.findByPrincipalName("listed").size());
  }

  @TearDown
  public void close() throws Exception {
    indexed.destroy();
    connections.destroy();
    redis.close();
  }
}
