package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RedisCluster;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;

/** On a Cluster of three masters a plan of any keys is decided by one script. */
final class RedisClusterLimiterIT {
  @Test
  void policiesOfDifferentKeysAreDecidedTogether() {
    try (RedisCluster cluster = RedisCluster.start();
        RedisClusterClient client = RedisClusterClient.builder().nodes(cluster.nodes()).build();
        RateLimiter limiter =
            RateLimiter.builder(client, "shop")
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .build()) {
      Policy perUser = Policy.slidingWindow("per-user", 3, Duration.ofHours(1));
      Policy total = Policy.tokenBucket("total", 100, Duration.ofHours(1));
      Plan plan =
          Plan.of("plan")
              .with(Policy.tokenBucket("per-ip", 2, Duration.ofHours(1)), "ip")
              .with(perUser, "user")
              .with(Policy.concurrency("held", 50, Duration.ofHours(1)), "user")
              .with(total);
      int admitted = 0;
      for (int i = 0; i < 60; i++) {
        Request request = Request.of("ip", "ip-" + i / 3).with("user", "user-" + i % 10);
        Decision decision = limiter.check(plan, request);
        assertThat(decision.degraded()).isFalse();
        admitted += decision.allowed() ? 1 : 0;
        if (i % 7 == 0) {
          limiter.refund(decision);
          admitted -= decision.allowed() ? 1 : 0;
        }
      }

      assertThat(admitted).isBetween(20, 30);
      assertThat(
              limiter.peek(Plan.of("total").with(total), Request.of()).limits().get(0).remaining())
          .as("charged for what was admitted and not refunded, and for nothing else")
          .isEqualTo(100 - admitted);
      limiter.block(plan, Request.of("ip", "x").with("user", "y"), Duration.ofHours(1));
      assertThat(limiter.check(plan, Request.of("ip", "x").with("user", "z")).allowed()).isFalse();
    }
  }

  @Test
  void nodesLeaseFromAllMastersAndTogetherGetWhatTheBucketsHold() {
    int burst = 2_000;
    Policy hot =
        Policy.tokenBucket("hot", 1_000, Duration.ofSeconds(1), burst)
            .leased(Duration.ofSeconds(10));
    Policy total = Policy.tokenBucket("total", 1_000_000, Duration.ofHours(1));
    Plan plan = Plan.of("mixed").with(hot, "ip").with(total);
    GuardConfig patient = GuardConfig.defaults().withBudget(Duration.ofSeconds(5));
    try (RedisCluster cluster = RedisCluster.start();
        RedisClusterClient client = RedisClusterClient.builder().nodes(cluster.nodes()).build();
        RateLimiter one = RateLimiter.builder(client, "shop").guard(patient).build();
        RateLimiter two = RateLimiter.builder(client, "shop").guard(patient).build()) {
      Set<HostAndPort> used = new HashSet<>();
      long all = 0;
      long begin = System.nanoTime();
      for (int key = 0; key < 12; key++) {
        Request request = Request.of("ip", "ip-" + key);
        long start = System.nanoTime();
        long admitted = 0;
        for (long before = -1; before < admitted; ) {
          before = admitted;
          admitted += spend(one, plan, request) + spend(two, plan, request);
        }
        assertThat(admitted).isBetween(burst * 9L / 10, burst + millisSince(start) + 1);
        all += admitted;
        for (HostAndPort node : cluster.nodes()) { // while the state of this key is there
          try (RedisClient master = RedisClient.builder().hostAndPort(node).build()) {
            if (master.dbSize() > 0) {
              used.add(node);
            }
          }
        }
      }

      assertThat(one.peek(Plan.of("total").with(total), Request.of()).limits().get(0).remaining())
          .as("charged for what was admitted, and for nothing else")
          .isBetween(1_000_000 - all, 1_000_000 - all + millisSince(begin) + 1);
      assertThat(used).as("nodes with keys").containsExactlyInAnyOrderElementsOf(cluster.nodes());
    }
  }

  /** And so, at a thousand a second, how many permits came back. */
  private static long millisSince(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }

  /** How many are admitted until the first refusal. */
  private static long spend(RateLimiter node, Plan plan, Request request) {
    long admitted = 0;
    while (true) {
      Decision decision = node.check(plan, request);
      assertThat(decision.degraded()).isFalse();
      if (!decision.allowed()) {
        return admitted;
      }
      admitted++;
    }
  }
}
