package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Users log in, see their sessions, and end them; both sides answer alike. */
@RealPostgres
@RealRedis
final class SessionsIT {
  private static final Pattern OTHER = Pattern.compile("\"id\":\"([^\"]+)\",\"current\":false");
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static int runs;

  private final Fixture fixture;

  SessionsIT(TestDatabase database, TestRedis redis) {
    fixture = new Fixture(database, redis.uri(), redis.prefix() + "-sessions" + runs++);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private static String login(HttpTarget host, long user, String cookie) throws Exception {
    HttpResponse<String> answer =
        host.exchange(Call.post("/login", "{\"userId\":%d}".formatted(user)), cookie);
    assertThat(answer.statusCode()).isEqualTo(200);
    String header = answer.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(header).contains("HttpOnly");
    return header.substring(0, header.indexOf(';'));
  }

  private static String sessions(HttpTarget host, String cookie) throws Exception {
    HttpResponse<String> answer = host.exchange(Call.get("/sessions"), cookie);
    return answer.statusCode() == 200 ? answer.body() : Integer.toString(answer.statusCode());
  }

  private static String post(HttpTarget host, String path, String body, String cookie)
      throws Exception {
    HttpResponse<String> answer = host.exchange(Call.post(path, body), cookie);
    return answer.statusCode() == 200 ? answer.body() : Integer.toString(answer.statusCode());
  }

  @Test
  void aUserSeesAndEndsSessionsOnBothSides() throws Exception {
    for (Variant variant : Variant.values()) {
      HttpTarget host = fixture.target(fixture.host(variant));
      assertThat(sessions(host, null)).isEqualTo("401");
      assertThat(post(host, "/logout", "", "session=forged")).isEqualTo("401");

      List<String> cookies = new ArrayList<>();
      for (int i = 0; i < LoginStorm.LIMIT + 1; i++) {
        cookies.add(login(host, 1, null));
        long loggedIn = System.currentTimeMillis(); // ages are milliseconds
        Await.until("later", DEADLINE, () -> System.currentTimeMillis() > loggedIn);
      }
      assertThat(sessions(host, cookies.get(0))).as("the oldest was evicted").isEqualTo("401");
      String list = sessions(host, cookies.get(1));
      assertThat(list).startsWith("{\"userId\":1,");
      assertThat(LoginStorm.count(list)).isEqualTo(LoginStorm.LIMIT);

      String other =
          OTHER.matcher(list).results().map(found -> found.group(1)).findFirst().orElseThrow();
      String end = "{\"id\":\"" + other + "\"}";
      assertThat(post(host, "/sessions/end", end, cookies.get(1))).isEqualTo("{\"ended\":1}");
      assertThat(post(host, "/sessions/end", end, cookies.get(1))).isEqualTo("{\"ended\":0}");
      assertThat(LoginStorm.count(sessions(host, cookies.get(1)))).isEqualTo(2);

      String again = login(host, 1, cookies.get(1));
      assertThat(sessions(host, cookies.get(1))).as("a login ends the old token").isEqualTo("401");
      assertThat(LoginStorm.count(sessions(host, again))).isEqualTo(2);

      String stranger = login(host, 2, null);
      assertThat(post(host, "/sessions/end", end, stranger)).isEqualTo("{\"ended\":0}");
      assertThat(post(host, "/logout/everywhere", "", again)).isEqualTo("{\"ended\":2}");
      assertThat(sessions(host, again)).isEqualTo("401");
      assertThat(LoginStorm.count(sessions(host, stranger))).isEqualTo(1);
      assertThat(post(host, "/logout", "", stranger)).isEqualTo("{\"ended\":1}");
      assertThat(sessions(host, stranger)).isEqualTo("401");
    }
  }

  @Test
  void anotherNodeKnowsTheSessionsOfPerfkit() throws Exception {
    HttpTarget one = fixture.target(fixture.host(Variant.PERFKIT));
    HttpTarget two = fixture.target(fixture.host(Variant.PERFKIT));
    String cookie = login(one, 3, null);
    assertThat(LoginStorm.count(sessions(two, cookie))).isEqualTo(1);
    assertThat(post(two, "/logout", "", cookie)).isEqualTo("{\"ended\":1}");
    assertThat(sessions(one, cookie)).isEqualTo("401");
  }

  @Test
  void noUserHasMoreSessionsThanTheLimitWhileManyLogIn() {
    HostServer perfkit = fixture.host(Variant.PERFKIT);
    LoginStorm storm = LoginStorm.run(perfkit.uri(), Timing.system());
    assertThat(storm.failed()).isZero();
    assertThat(storm.most()).isEqualTo(LoginStorm.LIMIT);
    assertThat(storm.perSecond()).isPositive();
  }
}
