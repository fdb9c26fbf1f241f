package io.perfkit.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisMonitor;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisException;

/**
 * An attacker that reads all of Redis, or listens to every command that it is sent, learns no
 * token: not its text, not its bytes, and no eight bytes in a row of either.
 */
final class SecrecyIT {
  private static final int SLICE = 8;
  private static final GuardConfig PATIENT =
      GuardConfig.defaults().withBudget(Duration.ofSeconds(5));
  private static final Duration DEADLINE = Duration.ofSeconds(15);
  private static final SessionAttribute<String> NOTE = SessionAttribute.of("note", Codec.string());
  private static final SessionAttribute<byte[]> BYTES = SessionAttribute.of("bytes", Codec.bytes());
  private static final SessionAttribute<Long> VISITS = SessionAttribute.of("visits", Codec.longs());

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient client = RedisClient.builder().hostAndPort(server.address()).build();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  /** What stood in Redis at the end, and what it was sent. */
  private record Leaks(String dump, String monitored) {
    List<String> of(List<byte[]> secrets) {
      List<String> found = new ArrayList<>();
      for (byte[] secret : secrets) {
        for (int at = 0; at + SLICE <= secret.length; at++) {
          String slice = new String(Arrays.copyOfRange(secret, at, at + SLICE), ISO_8859_1);
          if (dump.contains(slice)) {
            found.add("dump");
          }
          if (monitored.contains(slice)) {
            found.add("monitor");
          }
        }
      }
      return found.stream().distinct().sorted().toList();
    }
  }

  /** Every operation, and whatever {@code more} does with each token; returns the tokens. */
  private Leaks run(List<byte[]> secrets, BiConsumer<SessionManager, Session> more)
      throws Exception {
    List<String> lines = new ArrayList<>();
    Jedis listening =
        new Jedis(
            server.address(),
            DefaultJedisClientConfig.builder()
                .protocol(RedisProtocol.RESP2)
                .timeoutMillis(0)
                .build());
    Thread listener =
        new Thread(
            () -> {
              try {
                listening.monitor(
                    new JedisMonitor() {
                      @Override
                      public void onCommand(String command) {
                        synchronized (lines) {
                          lines.add(command);
                        }
                      }
                    });
              } catch (JedisException e) {
                synchronized (lines) {
                  lines.add("ended");
                }
              }
            });
    listener.start();
    client.set("begin", "x");
    Await.until(
        "it listens",
        DEADLINE,
        () -> {
          client.get("begin");
          synchronized (lines) {
            return !lines.isEmpty();
          }
        });
    try (SessionManager sessions =
        SessionManager.builder(client, "shop", Secrets.ONE)
            .guard(PATIENT)
            .config(SessionConfig.builder().maxPerUser(3).touchEvery(Duration.ZERO).build())
            .build()) {
      for (int i = 0; i < 10; i++) {
        Session anonymous = sessions.create().session().orElseThrow();
        Session session = sessions.login(Login.of("alice").from(anonymous)).session().orElseThrow();
        sessions.get(session.token().text());
        session.set(NOTE, "note " + i);
        sessions.save(session);
        sessions.increment(session, VISITS, 1);
        Session rotated = sessions.rotate(session).session().orElseThrow();
        sessions.get(session.token().text());
        Session again = sessions.login(Login.of("alice")).session().orElseThrow();
        for (Session one : List.of(anonymous, session, rotated, again)) {
          String text = one.token().text();
          secrets.add(text.getBytes(US_ASCII));
          secrets.add(one.token().bytes());
          secrets.add(HexFormat.of().formatHex(one.token().bytes()).getBytes(US_ASCII));
          more.accept(sessions, one);
        }
        sessions.list("alice");
        if (i % 3 == 0) {
          sessions.invalidate(again.token().text());
          sessions.invalidateOthers(rotated);
        }
      }
      sessions.get("A".repeat(64));
    }
    client.set("end", "the end of it");
    Await.until(
        "all was heard",
        DEADLINE,
        () -> {
          synchronized (lines) {
            return lines.stream().anyMatch(line -> line.contains("the end of it"));
          }
        });
    String dump = dump();
    listening.close();
    listener.join();
    return new Leaks(dump, unescaped(lines));
  }

  /** The file that SAVE writes, without compression. */
  private String dump() throws IOException {
    try (Jedis admin = new Jedis(server.address())) {
      admin.configSet("rdbcompression", "no");
      admin.save();
      Path file =
          Path.of(admin.configGet("dir").get("dir"))
              .resolve(admin.configGet("dbfilename").get("dbfilename"));
      return new String(Files.readAllBytes(file), ISO_8859_1);
    }
  }

  /** MONITOR prints what is no printable character as {@code \xhh}, and quotes escaped. */
  private static String unescaped(List<String> lines) {
    StringBuilder all = new StringBuilder();
    synchronized (lines) {
      for (String line : lines) {
        for (int i = 0; i < line.length(); i++) {
          char c = line.charAt(i);
          if (c == '\\' && i + 3 < line.length() && line.charAt(i + 1) == 'x') {
            all.append((char) Integer.parseInt(line.substring(i + 2, i + 4), 16));
            i += 3;
          } else if (c == '\\' && i + 1 < line.length()) {
            char escaped = line.charAt(++i);
            all.append(
                switch (escaped) {
                  case 'n' -> '\n';
                  case 'r' -> '\r';
                  case 't' -> '\t';
                  case 'a' -> (char) 7;
                  case 'b' -> '\b';
                  default -> escaped;
                });
          } else {
            all.append(c);
          }
        }
        all.append('\n');
      }
    }
    return all.toString();
  }

  @Test
  void neitherADumpNorMonitorHoldsATokenOrEightBytesOfOne() throws Exception {
    List<byte[]> tokens = new ArrayList<>();

    Leaks leaks = run(tokens, (sessions, session) -> {});

    assertThat(tokens).hasSize(120);
    assertThat(leaks.monitored())
        .contains("EVALSHA")
        .contains("note 7")
        .contains("{shop.sessions}");
    assertThat(leaks.dump()).contains("{shop.sessions}");
    assertThat(leaks.of(tokens)).isEmpty();
  }

  @Test
  void aHostThatStoresATokenAsTextIsCaught() throws Exception {
    List<byte[]> tokens = new ArrayList<>();
    Leaks leaks =
        run(
            tokens,
            (sessions, session) -> {
              session.set(NOTE, session.token().text());
              sessions.save(session);
            });
    assertThat(leaks.of(tokens)).containsExactly("dump", "monitor");
  }

  @Test
  void aHostThatStoresAPartOfItsBytesIsCaught() throws Exception {
    List<byte[]> tokens = new ArrayList<>();
    Leaks leaks =
        run(
            tokens,
            (sessions, session) -> {
              session.set(BYTES, Arrays.copyOfRange(session.token().bytes(), 30, 38));
              sessions.save(session);
            });
    assertThat(leaks.of(tokens)).containsExactly("dump", "monitor");
  }

  @Test
  void whatIsPrintedLoggedOrThrownHoldsNoToken() throws Exception {
    try (SessionManager sessions =
        SessionManager.builder(client, "shop", Secrets.ONE).guard(PATIENT).build()) {
      Session session = sessions.login(Login.of("alice")).session().orElseThrow();
      String token = session.token().text();
      List<String> said = new ArrayList<>();
      said.add(sessions + " " + session + " " + session.token() + " " + Secrets.ONE);
      said.add(sessions.get(token) + " " + sessions.list("alice") + " " + sessions.stats());
      said.add(Login.of("alice").from(session) + " " + session.name() + sessions.health());
      server.kill();
      Await.until(
          "down",
          DEADLINE,
          () -> {
            said.add(String.valueOf(sessions.get(token)));
            return !sessions.health().healthy();
          });
      try {
        sessions.invalidate(token);
      } catch (RuntimeException e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
          said.add(String.valueOf(t));
        }
      }
      assertThat(said).hasSizeGreaterThan(4);
      String secret = Base64.getEncoder().encodeToString(Secrets.bytes(1)).substring(0, 12);
      for (String text : said) {
        for (int at = 0; at + SLICE <= token.length(); at++) {
          assertThat(text).doesNotContain(token.substring(at, at + SLICE));
        }
        assertThat(text.getBytes(UTF_8)).isNotEmpty();
        assertThat(text).doesNotContain(secret);
      }
    }
  }
}
