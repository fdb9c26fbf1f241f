package io.perfkit.session;

import io.perfkit.redis.GuardConfig;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import redis.clients.jedis.RedisClient;

/**
 * One node of an application whose users log in all the time, in a JVM of its own: what {@link
 * SessionNodesIT} watches.
 */
final class SessionNode {
  static final int CAP = 3;
  static final int USERS = 5;
  static final String PREFIX = "nodes";
  static final Duration KEEP_ENDED = Duration.ofSeconds(10);
  static final int MAX_EVENTS = 1_000_000;

  private SessionNode() {}

  /**
   * Arguments: the server, for how many milliseconds, how many threads, and {@code racy} for a node
   * that looks before it leaps. Prints how many logins were done, again and again.
   */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println(
        "logins "
            + run(
                URI.create(args[0]),
                Long.parseLong(args[1]),
                Integer.parseInt(args[2]),
                args.length > 3));
  }

  static long run(URI server, long millis, int threads, boolean racy) throws Exception {
    SessionConfig config =
        SessionConfig.builder()
            .maxPerUser(racy ? 1_000 : CAP)
            .onLimit(LimitPolicy.EVICT_OLDEST)
            .idle(Duration.ofSeconds(20))
            .touchEvery(Duration.ZERO)
            .rotationGrace(Duration.ofMillis(200))
            .keepEnded(KEEP_ENDED)
            .sweepEvery(Duration.ofSeconds(1))
            .maxEvents(MAX_EVENTS)
            .build();
    AtomicLong logins = new AtomicLong();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try (RedisClient redis = RedisClient.create(server);
        SessionManager sessions =
            SessionManager.builder(redis, PREFIX, Secrets.ONE)
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
                .config(config)
                .build()) {
      long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
      for (int i = 0; i < threads; i++) {
        pool.execute(
            () -> {
              while (System.nanoTime() < end) {
                step(sessions, racy, logins);
              }
            });
      }
      pool.shutdown();
      if (!pool.awaitTermination(millis + 30_000, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("a user never came back");
      }
      return logins.get();
    } finally {
      pool.shutdownNow();
    }
  }

  private static void step(SessionManager sessions, boolean racy, AtomicLong logins) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String user = "user-" + random.nextInt(USERS);
    if (racy && sessions.count(user) >= CAP) {
      sessions.list(user).stream()
          .skip(CAP - 1)
          .forEach(surplus -> sessions.invalidate(user, surplus));
    }
    Login login = Login.of(user);
    Session session = sessions.login(login).session().orElse(null);
    if (session == null) {
      return;
    }
    logins.incrementAndGet();
    switch (random.nextInt(8)) {
      case 0 -> sessions.rotate(session);
      case 1 -> sessions.login(login.from(session));
      case 2 -> sessions.login(Login.of("user-" + random.nextInt(USERS)).from(session));
      case 3 -> sessions.invalidate(session);
      case 4 -> sessions.invalidateOthers(session);
      case 5 -> sessions.get(session.token().text());
      default -> {}
    }
    if (random.nextInt(200) == 0) {
      sessions.invalidateAll(user);
    }
  }
}
