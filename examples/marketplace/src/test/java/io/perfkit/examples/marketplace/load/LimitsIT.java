package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The perfkit side refuses a client that asks too often, and says so. */
@RealPostgres
@RealRedis
final class LimitsIT {
  private final Fixture fixture;

  LimitsIT(TestDatabase database, TestRedis redis) {
    fixture = new Fixture(database, redis.uri(), redis.prefix() + "-limits");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void aFloodIsRefusedByPerfkitAndNothingIsAdmittedAboveItsLimit() throws Exception {
    HostServer plain = fixture.host(Variant.PLAIN);
    HostServer perfkit = fixture.host(Variant.PERFKIT);
    long market = OpenMarkets.of(fixture.target(plain)).get(0);

    Flood ofPlain = Flood.run(plain.uri(), market, Timing.system());
    Flood ofPerfkit = Flood.run(perfkit.uri(), market, Timing.system());

    assertThat(ofPlain.refused()).isZero();
    assertThat(ofPlain.above()).as("what plain admits is found").isPositive();
    assertThat(ofPerfkit.refused()).isPositive();
    assertThat(ofPerfkit.above()).isZero();
  }

  @Test
  void everyAnswerTellsTheClientHowItStands() throws Exception {
    HostServer perfkit = fixture.host(Variant.PERFKIT);
    try (HttpTarget client = HttpTarget.of(perfkit.uri(), "203.0.113.9")) {
      HttpResponse<String> first = client.exchange(Call.get("/markets"));
      assertThat(first.statusCode()).isEqualTo(200);
      assertThat(first.headers().firstValue("X-RateLimit-Limit")).hasValue("10");
      assertThat(first.headers().firstValue("X-RateLimit-Reset")).isPresent();

      HttpResponse<String> login = first;
      for (int i = 0; i < 7; i++) {
        login = client.exchange(Call.post("/login", "{\"userId\":1}"));
      }
      assertThat(login.statusCode()).isEqualTo(429);
      assertThat(login.headers().firstValue("Retry-After")).isPresent();
      assertThat(login.body()).contains("\"violated-policies\":[");
    }
  }
}
