package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Waiter.Ended;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.args.Rawable;

/** One lane, without the guard before it, whose leaders are interrupted, late, or meet an Error. */
final class LaneIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final Duration BUDGET = Duration.ofSeconds(4);

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient client = RedisClient.create(server.address());
  private final GuardConfig config = GuardConfig.defaults().withBudget(BUDGET);
  private final ScheduledExecutorService background = Executors.newScheduledThreadPool(2);
  private final Breaker breaker =
      new Breaker(config.probeEvery(), config.budget(), System::nanoTime, new Silent());
  private final Lane lane =
      new Lane(
          client::getPool,
          new LaneShared(breaker, background, System::nanoTime, config, new LaneCounters()));
  private final Callers callers = Callers.virtual();

  private static final class Silent implements Breaker.Transitions {
    @Override
    public void down(@Nullable Throwable cause) {}

    @Override
    public void up() {}
  }

  @AfterEach
  void close() {
    callers.close();
    lane.close();
    background.shutdownNow();
    client.close();
    server.close();
  }

  private LaneCall call(CommandObject<?> command, Duration budget) {
    return new LaneCall(List.of(command), 100, System.nanoTime() + budget.toNanos());
  }

  private Ended run(CommandObject<?> command, Duration budget) {
    LaneCall call = call(command, budget);
    lane.run(call);
    return call.ended();
  }

  private long clientId() {
    CommandObject<Long> id =
        new CommandObject<>(new CommandArguments(Command.CLIENT).add("ID"), BuilderFactory.LONG);
    LaneCall call = call(id, DEADLINE);
    lane.run(call);
    assertThat(call.ended().reason()).isEqualTo(Ended.Reason.ANSWERED);
    return (Long) call.reply(0);
  }

  @Test
  void aThreadThatLeadsInterruptedSendsNothingAndKeepsTheConnection() throws Exception {
    long before = clientId();
    Future<Ended> interrupted =
        callers.start(
            () -> {
              Thread.currentThread().interrupt();
              return run(Commands.incr("interrupted"), DEADLINE);
            });
    assertThat(interrupted.get(20, SECONDS))
        .isEqualTo(new Ended(Ended.Reason.INTERRUPTED, false, null));
    assertThat(clientId()).as("the connection").isEqualTo(before);
    assertThat(client.exists("interrupted")).isFalse();
    assertThat(breaker.up()).isTrue();
  }

  @Test
  void theRestOfABudgetIsTooShortToTakeRedisForDown() {
    long before = clientId();
    server.freeze();
    assertThat(run(Commands.get("k"), BUDGET.dividedBy(40)).reason())
        .isEqualTo(Ended.Reason.TIMED_OUT);
    assertThat(breaker.up()).isTrue();
    server.thaw();
    assertThat(clientId()).isNotEqualTo(before);

    server.freeze();
    assertThat(run(Commands.get("k"), BUDGET).reason()).isEqualTo(Ended.Reason.TIMED_OUT);
    assertThat(breaker.up()).as("after a whole budget").isFalse();
    server.thaw();
  }

  @Test
  void aConnectionThatTakesTheRestOfABudgetOnlyIsNotTakenForAnOutage() throws Exception {
    var unused =
        background.scheduleWithFixedDelay(() -> lane.tend(System.nanoTime()), 10, 10, MILLISECONDS);
    server.freeze();
    Future<Ended> late = callers.start(() -> run(Commands.get("k"), BUDGET.dividedBy(40)));
    assertThat(late.get(20, SECONDS).reason()).isEqualTo(Ended.Reason.TIMED_OUT);
    assertThat(breaker.up()).isTrue();
    server.thaw();
  }

  @Test
  void afterALeaderThatMeetsAnErrorTheOthersGoOn() throws Exception {
    long before = clientId();
    server.freeze();
    Future<Ended> leader = callers.start(() -> run(Commands.incr("leader"), DEADLINE));
    Await.until("it leads", DEADLINE, lane::isLed);
    Future<Ended> failing = callers.start(() -> run(failing(), DEADLINE));
    Await.until("it waits", DEADLINE, () -> lane.waiting() == 1);
    Future<Ended> inItsBatch = callers.start(() -> run(Commands.incr("batch"), DEADLINE));
    Await.until("another waits", DEADLINE, () -> lane.waiting() == 2);
    server.thaw();

    assertThat(leader.get(20, SECONDS).reason()).isEqualTo(Ended.Reason.ANSWERED);
    assertThatThrownBy(() -> failing.get(20, SECONDS)).hasRootCauseInstanceOf(Planned.class);
    Ended ended = inItsBatch.get(20, SECONDS);
    assertThat(ended.reason()).isEqualTo(Ended.Reason.DISCONNECTED);
    assertThat(ended.sent()).as("perhaps").isTrue();
    Await.until("nobody leads", DEADLINE, () -> !lane.isLed());
    assertThat(clientId()).as("a connection that failed is left").isNotEqualTo(before);
    assertThat(client.exists("batch")).isFalse();
  }

  /** What a leader meets while it sends. */
  private static final class Planned extends Error {
    private static final long serialVersionUID = 1;
  }

  private static CommandObject<String> failing() {
    Rawable argument =
        () -> {
          throw new Planned();
        };
    return new CommandObject<>(
        new CommandArguments(Command.GET).add(argument), BuilderFactory.STRING);
  }

  @Test
  void aRedirectWithLittleTimeLeftDoesNotOpenTheBreaker() {
    GuardedClient guarded = new GuardedClient(client, "client", config);
    boolean exists = guarded.callOnThread(redis -> redis.exists("k"), guarded.deadline());
    assertThat(exists).isFalse();
    server.freeze();
    long late = guarded.nanos() + BUDGET.dividedBy(40).toNanos();
    assertThatThrownBy(() -> guarded.callOnThread(redis -> redis.exists("k"), late))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageStartingWith("no answer within the budget");
    assertThat(guarded.breaker()).isEqualTo(BreakerState.CLOSED);
    assertThatThrownBy(() -> guarded.callOnThread(redis -> redis.incr("k"), late))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageStartingWith("not sent: no time is left");
    server.thaw();
    assertThat(client.exists("k")).isFalse();
    guarded.close();
  }
}
