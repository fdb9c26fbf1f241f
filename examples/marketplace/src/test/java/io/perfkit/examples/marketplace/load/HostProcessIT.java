package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.Figures;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import org.junit.jupiter.api.Test;

@RealPostgres
@RealRedis
final class HostProcessIT {

  @Test
  void servesInAJvmOfItsOwnTellsItsFiguresAndEnds(TestDatabase database, TestRedis redis)
      throws Exception {
    try (Fixture fixture = new Fixture(database, redis.uri(), redis.prefix())) {
      HostProcess host = HostProcess.start(fixture.settings(Variant.PERFKIT));
      try (HttpTarget target = new HttpTarget(host.uri())) {
        Figures before = host.figures();
        assertThat(target.exchange(Call.get("/users/1")).statusCode()).isEqualTo(200);
        Figures since = host.figures().since(before);
        assertThat(since.requests()).isEqualTo(1);
        assertThat(since.statements()).isEqualTo(3);
        assertThat(host.databaseReport().heaviest()).hasSize(3);
        assertThat(host.figuresAfterCollection().heapBytes()).isBetween(1L, 512_000_000L);
      } finally {
        host.close();
      }
      assertThat(host.awaitEnd()).isZero();
    }
  }
}
