package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** No manager but those of a test is open here, whose threads may start at any time. */
final class SessionThreadsIT {
  @Test
  void closingLeavesNoThread() {
    try (RedisProcess server = RedisProcess.start()) {
      ThreadLeaks.assertNone(
          "perf-",
          () -> {
            try (RedisClient client = RedisClient.builder().hostAndPort(server.address()).build();
                SessionManager closed =
                    SessionManager.builder(client, "closed", Secrets.ONE)
                        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                        .build()) {
              assertThat(closed.create().session()).isPresent();
            }
          });
    }
    ThreadLeaks.assertNone("perf-", () -> SessionManager.local("brief").close());
  }
}
