package io.perfkit.jobs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Pace;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract catches a store without the fence, and one that trusts clocks of clients. */
@RealRedis
@SuppressWarnings("JUnitMethodInvoked") // the contract is run as a checker, which has to fail
final class RedisFenceIT {
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final Duration KEEP = Duration.ofDays(1);

  private TestRedis redis;
  private RedisGuard guard;

  @BeforeEach
  void remember(TestRedis shared) {
    redis = shared;
    guard = RedisKeys.patient(redis.client(), Duration.ofSeconds(30));
  }

  @AfterEach
  void clean() {
    guard.close();
    RedisKeys.delete(redis.client(), application(""));
  }

  private String application(String name) {
    return RedisKeys.application(redis, name);
  }

  /** Whoever owns the job now is taken for its owner. */
  private RedisStore.Fence whoeverOwns(String application, ClaimedJob job) {
    String head = application + ":{" + application + ".jobs}:v1:";
    byte[] id = RedisRecord.id(job.id());
    for (String owner : redis.client().zrange(head + "leases", 0, -1)) {
      byte[] owned = (head + "w:" + owner + ":" + job.queue()).getBytes(US_ASCII);
      byte[] token = redis.client().hget(owned, id);
      if (token != null) {
        return new RedisStore.Fence(Long.parseLong(owner), token);
      }
    }
    return RedisStore.own(job);
  }

  private StoreContract contract(boolean fenced) {
    StoreContract contract =
        new StoreContract() {
          @Override
          JobStore open(String name) {
            String application = application(name);
            return new RedisStore(
                redis.client(),
                application,
                () -> new byte[0],
                job -> fenced ? RedisStore.own(job) : whoeverOwns(application, job));
          }

          @Override
          void pass(Duration time) {
            Pace.pause(time);
          }
        };
    contract.openStore();
    return contract;
  }

  @Test
  void aStoreWithoutTheFenceIsCaught() {
    contract(true).jobsOfAnExpiredLeaseAreRescuedAndItsCompletionsChangeNothing();
    assertThatThrownBy(
            () -> contract(false).jobsOfAnExpiredLeaseAreRescuedAndItsCompletionsChangeNothing())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("I3");
  }

  /** How many jobs a node takes from another one whose lease still runs. */
  private int takenEarly(boolean trustsClients) {
    String application = application("clocks-" + trustsClients);
    long aheadMicros = trustsClients ? TimeUnit.MINUTES.toMicros(10) : -1;
    try (RedisStore node = withClock(application, trustsClients ? 0 : -1);
        RedisStore ahead = withClock(application, aheadMicros)) {
      node.enqueue(Samples.QUEUE, Samples.PLENTY, List.of(Samples.plain()));
      long owner = node.join("n1", LEASE);
      ClaimRequest one = new ClaimRequest(Samples.QUEUE, 1, Samples.TYPES, Samples.normal(1));
      assertThat(node.step(owner, List.of(), one).claimed()).hasSize(1);
      return ahead.maintain(3, KEEP).rescued();
    }
  }

  /** A node whose clock is ahead; a negative number stands for the server's clock. */
  private RedisStore withClock(String application, long aheadMicros) {
    return new RedisStore(
        redis.client(),
        application,
        () ->
            aheadMicros < 0
                ? new byte[0]
                : Long.toString(
                        TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis()) + aheadMicros)
                    .getBytes(US_ASCII),
        RedisStore::own);
  }

  @Test
  void aStoreThatTrustsTheClocksOfItsClientsIsCaught() {
    assertThat(takenEarly(false)).isZero();
    assertThat(takenEarly(true)).isEqualTo(1);
  }
}
