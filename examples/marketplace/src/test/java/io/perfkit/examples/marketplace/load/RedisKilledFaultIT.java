package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.Figures;
import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.examples.marketplace.load.OpenLoop.Schedule;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.TestDatabase;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

@RealPostgres
final class RedisKilledFaultIT {

  @Test
  void failsNoRequestAndUsesRedisAgainWhenItIsBack(TestDatabase database) throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        Fixture fixture =
            new Fixture(database, URI.create("redis://" + redis.address()), "marketplace")) {
      HostServer host = fixture.host(Variant.PERFKIT);
      HttpTarget perfkit = fixture.target(host);
      HttpTarget plain = fixture.target(fixture.host(Variant.PLAIN));
      Workload workload = new Workload(1, Fixture.SIZE, OpenMarkets.of(plain));
      Outage outage = new Outage(redis);

      LoadResult result =
          new OpenLoop(1_000, Timing.system())
              .run(
                  workload,
                  perfkit,
                  new Schedule(150, Duration.ofSeconds(5), Duration.ofSeconds(60)),
                  outage);

      assertThat(outage.phase).isEqualTo(2);
      assertThat(result.failed()).isZero();
      assertThat(result.succeeded()).isEqualTo(750);

      try (RedisClient client = RedisClient.create(redis.address())) {
        Await.until(
            "an entry in the Redis that came back",
            Duration.ofSeconds(30),
            () -> perfkit.send(workload.read()).join() == 200 && client.dbSize() > 0);
      }
      // Bets were placed while Redis was down, and none of them is missing anywhere.
      List<Call> calls = ComparedCalls.unchanging(Fixture.SIZE, workload);
      EqualAnswers answers = new EqualAnswers(plain, perfkit);
      assertThat(answers.compare(calls)).isEmpty();
      List<Call> bets = Stream.generate(workload::bet).limit(20).toList();
      assertThat(answers.compareAfter(bets)).isEmpty();
      Figures figures = host.figures();
      assertThat(figures.cacheHits()).isGreaterThan(figures.cacheGets() / 2);
    }
  }

  /** Kills Redis after 30 % of the load and starts an empty one after 60 %. */
  private static final class Outage implements DoubleConsumer {
    private final RedisProcess redis;
    private int phase;

    Outage(RedisProcess redis) {
      this.redis = redis;
    }

    @Override
    public void accept(double share) {
      if (phase == 0 && share >= 0.3) {
        redis.kill();
        phase = 1;
      } else if (phase == 1 && share >= 0.6) {
        redis.restart();
        phase = 2;
      }
    }
  }
}
