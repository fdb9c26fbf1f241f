package io.perfkit.examples.marketplace.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RealPostgres
@RealRedis
final class BadInputIT {
  private final Fixture fixture;
  private final HostServer host;
  private final HttpTarget target;

  BadInputIT(TestDatabase database, TestRedis redis) {
    fixture = new Fixture(database, redis.uri(), redis.prefix());
    host = fixture.host(Variant.PERFKIT);
    target = fixture.target(host);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void saysWhatIsWrongWithARequest() throws Exception {
    Map<Call, String> expected =
        Map.ofEntries(
            Map.entry(Call.get("/nowhere"), "404 There is nothing at /nowhere."),
            Map.entry(Call.get("/markets/0"), "404 There is no market 0."),
            Map.entry(Call.get("/users/301"), "404 There is no user 301."),
            Map.entry(Call.get("/users/301/bets"), "404 There is no user 301."),
            Map.entry(Call.get("/markets/x"), "400 id: 'x' (expected: a number)"),
            Map.entry(Call.get("/markets?page=x"), "400 page: 'x' (expected: a number)"),
            Map.entry(Call.get("/markets?page=-1"), "400 page: -1 (expected: 0 to 10000)"),
            Map.entry(Call.get("/markets?size=51"), "400 size: 51 (expected: 1 to 50)"),
            Map.entry(
                Call.get("/users?query=u"),
                "400 query: 1 characters (expected: 2 to 40, and no NUL)"),
            Map.entry(
                Call.get("/users?query=us%00"),
                "400 query: 3 characters (expected: 2 to 40, and no NUL)"),
            Map.entry(Call.get("/bets"), "405 /bets does not take GET, only POST."),
            Map.entry(Call.post("/users/1", "{}"), "405 /users/1 does not take POST, only GET."),
            Map.entry(bet(1, 1, "-5"), "400 body: stakeCents: -5 (expected: 1 to 100000)"),
            Map.entry(bet(1, 0, "5"), "404 There is no market 0."),
            Map.entry(
                Call.post("/bets", " ".repeat(17_000)), "413 The body is larger than 16384 bytes."),
            Map.entry(Call.post("/bets", "null"), "400 body: null (expected: an object)"));
    for (Map.Entry<Call, String> entry : expected.entrySet()) {
      HttpResponse<String> answer = target.exchange(entry.getKey());
      String status = entry.getValue().substring(0, 3);
      assertThat(answer.body())
          .as(entry.getKey().toString())
          .startsWith("{\"type\":\"about:blank\",\"title\":\"")
          .endsWith(
              "\"status\":%s,\"detail\":\"%s\"}".formatted(status, entry.getValue().substring(4)));
      assertThat(answer.statusCode()).isEqualTo(Integer.parseInt(status));
      assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    }
    assertThat(target.exchange(Call.get("/bets")).headers().firstValue("Allow")).contains("POST");
  }

  @Test
  void refusesEveryBodyThatIsNoBet() throws Exception {
    for (String body :
        List.of(
            "",
            "{",
            "[]",
            "7",
            "{}",
            "\u0000",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\"}",
            "{\"userId\":1,\"marketId\":1,\"side\":1,\"stakeCents\":5}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"MAYBE\",\"stakeCents\":5}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\",\"stakeCents\":1.5}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\",\"stakeCents\":\"5\"}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\",\"stakeCents\":null}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\",\"stakeCents\":5,\"admin\":true}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\",\"stakeCents\":99999999999999999999}",
            "{\"userId\":1,\"marketId\":1,\"side\":\"YES\",\"stakeCents\":5} {}",
            "[".repeat(5_000))) {
      HttpResponse<String> answer = target.exchange(Call.post("/bets", body));
      assertThat(answer.statusCode()).as(body).isEqualTo(400);
      assertThat(answer.body()).contains("\"detail\":\"body: ");
    }
  }

  @Test
  void answersEvenWhatIsNotHttpWithAProblem() throws Exception {
    for (String request :
        List.of(
            "GARBAGE\r\n\r\n",
            "GET /users?query=%ZZ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /markets/%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /../../etc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "POST /bets HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")) {
      assertThat(exchange(request))
          .as(request)
          .startsWith("HTTP/1.1 4")
          .contains("application/problem+json", "\"type\":\"about:blank\"");
    }
  }

  private String exchange(String request) throws Exception {
    try (Socket socket = new Socket(host.uri().getHost(), host.uri().getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static Call bet(long user, long market, String stake) {
    return Call.post("/bets", ComparedCalls.bet(user, market, "YES", stake));
  }
}
