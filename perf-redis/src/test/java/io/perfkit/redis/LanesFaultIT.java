package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;

/** What callers of lanes see when something breaks, and what others see of it. */
final class LanesFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration BUDGET = Duration.ofSeconds(2);

  /** What a busy machine may add to a budget; the client's own timeout is far longer. */
  private static final Duration SLACK = Duration.ofSeconds(20);

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy proxy = FaultProxy.to(server.address());
  private final RedisClient direct = RedisClient.create(server.address());
  private final RedisClient client =
      RedisClient.builder()
          .hostAndPort(proxy.address())
          .clientConfig(
              DefaultJedisClientConfig.builder()
                  .socketTimeoutMillis((int) Duration.ofMinutes(5).toMillis())
                  .build())
          .build();
  private final RedisClient another = RedisClient.create(proxy.address());
  private final GuardConfig config =
      GuardConfig.defaults().withBudget(BUDGET).withProbeEvery(Duration.ofMillis(50)).withLanes(1);
  private final RedisGuard guard = RedisGuard.builder(client).config(config).build();
  private final Callers callers = Callers.virtual();

  @AfterEach
  void close() {
    callers.close();
    guard.close();
    client.close();
    another.close();
    direct.close();
    proxy.close();
    server.close();
  }

  /** For what is not about time: a busy machine may take longer than the budget for many calls. */
  private RedisGuard patient() {
    return RedisGuard.builder(another).config(config.withBudget(Duration.ofSeconds(20))).build();
  }

  private boolean passes() {
    try {
      guard.call(Commands.get("any"));
      return true;
    } catch (RedisUnavailable e) {
      return false;
    }
  }

  private void awaitPasses() {
    Await.until("calls pass again", DEADLINE, this::passes);
  }

  /** How a call failed, and that it did not take longer than it may. */
  private static RedisUnavailable failure(RedisGuard guard, CommandObject<?> command) {
    long start = System.nanoTime();
    try {
      Object unused = guard.call(command);
      throw new AssertionError(command.getArguments().getCommand() + " was answered");
    } catch (RedisUnavailable e) {
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BUDGET.plus(SLACK)); // G1
      return e;
    }
  }

  /** Keeps one lane busy: its leader waits for an answer that does not come. */
  private static Future<Object> leadIntoSilence(Callers callers, RedisGuard guard) {
    long before = guard.stats().batches();
    Future<Object> leader = callers.start(() -> guard.call(Commands.incr("leader")));
    // The batch is counted when it is over: what shows that it began is that the lane is led.
    Await.until("the lane is led", DEADLINE, () -> guard.leading() > 0);
    assertThat(guard.stats().batches()).isEqualTo(before);
    return leader;
  }

  @Test
  void aFrozenRedisCostsEveryCallerOneBudgetAndThenNothing() throws Exception { // G1, G2
    awaitPasses();
    server.freeze();
    List<RedisUnavailable> failures =
        callers.all(200, index -> failure(guard, Commands.incr("key-" + index)));
    assertThat(failures)
        .anySatisfy(e -> assertThat(e).hasMessageStartingWith("no answer within the budget"));
    assertThat(failure(guard, Commands.get("k"))).hasMessageStartingWith("not sent");
    assertThat(guard.available()).isFalse();
    assertThat(guard.stats().timeouts()).isPositive();

    server.thaw();
    awaitPasses();
    for (int i = 0; i < 200; i++) { // what was "not sent" never runs
      if (failures.get(i).getMessage().startsWith("not sent")) {
        assertThat(direct.exists("key-" + i)).as("key-" + i).isFalse();
      }
    }
  }

  @Test
  void aSlowRedisIsATimeoutAndNotSentAgain() {
    awaitPasses();
    proxy.delay(BUDGET);
    assertThat(failure(guard, Commands.incr("slow")))
        .hasMessageStartingWith("no answer within the budget");
    proxy.heal();
    awaitPasses();
    assertThat(direct.get("slow")).isIn(null, "1");
  }

  @Test
  void aReplyThatTricklesInDoesNotOutlastTheBudget() { // G1, K2
    direct.set("big", "x".repeat(2_000_000));
    awaitPasses();
    proxy.delay(Duration.ofMillis(50)); // for each 16 KiB, so that no single read is late
    assertThat(failure(guard, Commands.get("big"))).isNotNull();
    proxy.heal();
    awaitPasses();
  }

  @Test
  void aBlackHoleIsATimeout() {
    awaitPasses();
    proxy.blackHole();
    assertThat(failure(guard, Commands.incr("lost")))
        .hasMessageStartingWith("no answer within the budget");
    proxy.heal();
    awaitPasses();
    assertThat(direct.exists("lost")).isFalse();
  }

  @Test
  void aCommandWhoseReplyIsLostMayHaveRunAndIsNotCalledUnsent() {
    awaitPasses();
    proxy.dropReplies();
    assertThat(failure(guard, Commands.incr("ran")))
        .hasMessageStartingWith("no answer within the budget");
    Await.until("it ran", DEADLINE, () -> "1".equals(direct.get("ran")));
    proxy.heal();
    awaitPasses();
    assertThat(direct.get("ran")).as("and was not sent again").isEqualTo("1");
  }

  @Test
  void aCutFailsItsBatchOnlyAndTheNextCallConnectsAnew() { // N4
    awaitPasses();
    proxy.halfClose();
    assertThat(failure(guard, Commands.get("k"))).hasMessageStartingWith("Redis can't be used");
    assertThat(guard.call(Commands.set("k", "v"))).isEqualTo("OK");
    assertThat(guard.available()).isTrue();
  }

  @Test
  void aKilledRedisIsTakenForDownAndFoundAgain() {
    awaitPasses();
    server.kill();
    Await.until(
        "taken for down",
        DEADLINE,
        () -> {
          assertThat(passes()).isFalse();
          return !guard.available();
        });
    server.restart();
    awaitPasses();
  }

  @Test
  void refusesMoreCallsThanMayWaitAndServesTheOthers() throws Exception {
    try (RedisGuard narrow =
        RedisGuard.builder(another)
            .config(config.withBudget(Duration.ofSeconds(20)).withMaxCalls(16, 2))
            .build()) {
      narrow.call(Commands.get("any"));
      server.freeze();
      Future<Object> leader = leadIntoSilence(callers, narrow);
      List<Future<String>> waiting = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        String key = "waits-" + i;
        int expected = i + 1;
        waiting.add(callers.start(() -> narrow.call(Commands.set(key, "v"))));
        Await.until("it waits", DEADLINE, () -> narrow.stats().waiting() == expected);
      }
      assertThatThrownBy(() -> narrow.call(Commands.get("one-more")))
          .isInstanceOf(RedisUnavailable.class)
          .hasMessageStartingWith("not sent: too many calls wait");
      assertThat(narrow.stats().notSent()).isEqualTo(1);

      server.thaw();
      assertThat(leader.get(20, SECONDS)).isEqualTo(1L);
      for (Future<String> call : waiting) {
        assertThat(call.get(20, SECONDS)).isEqualTo("OK");
      }
      assertThat(narrow.stats().batches()).as("the queue went as one").isEqualTo(3);
    }
  }

  @Test
  void anInterruptedCallerThatWaitsIsNeverSentAndKeepsItsFlag() throws Exception { // W1
    try (RedisGuard patient = patient()) {
      patient.call(Commands.get("any"));
      server.freeze();
      Future<Object> leader = leadIntoSilence(callers, patient);
      AtomicReference<Thread> thread = new AtomicReference<>();
      Future<Boolean> flag =
          callers.start(
              () -> {
                thread.set(Thread.currentThread());
                assertThatThrownBy(() -> patient.call(Commands.incr("interrupted")))
                    .isInstanceOf(RedisUnavailable.class)
                    .hasMessageStartingWith("not sent: interrupted");
                return Thread.interrupted();
              });
      Await.until("it waits", DEADLINE, () -> patient.stats().waiting() == 1);
      thread.get().interrupt();
      assertThat(flag.get(20, SECONDS)).isTrue();

      server.thaw();
      assertThat(leader.get(20, SECONDS)).isEqualTo(1L);
      assertThat(patient.call(Commands.get("interrupted"))).isNull();
    }
  }

  @Test
  void aVirtualLeaderThatIsInterruptedHarmsItsBatchOnly() throws Exception { // N4
    try (RedisGuard patient = patient()) {
      patient.call(Commands.get("any"));
      server.freeze();
      AtomicReference<Thread> thread = new AtomicReference<>();
      Future<Boolean> leader =
          callers.start(
              () -> {
                thread.set(Thread.currentThread());
                try {
                  patient.call(Commands.incr("leader"));
                } catch (RedisUnavailable lostOnAVirtualThread) {
                  assertThat(lostOnAVirtualThread).hasMessageStartingWith("Redis can't be used");
                }
                return Thread.interrupted();
              });
      Await.until("the lane is led", DEADLINE, () -> patient.leading() > 0);
      Future<String> waiter = callers.start(() -> patient.call(Commands.set("k", "v")));
      Await.until("it waits", DEADLINE, () -> patient.stats().waiting() == 1);
      thread.get().interrupt();
      server.thaw();

      assertThat(leader.get(20, SECONDS)).as("keeps its flag").isTrue();
      assertThat(waiter.get(20, SECONDS)).isEqualTo("OK");
      assertThat(patient.available()).isTrue();
    }
  }

  @Test
  void aCallerThatComesInterruptedSendsNothing() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> guard.call(Commands.incr("interrupted")))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageStartingWith("interrupted, so not sent");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(direct.exists("interrupted")).isFalse();
  }

  @Test
  void anErrorReplyFailsItsOwnCommandOnly() throws Exception { // N4
    direct.rpush("list", "a");
    try (RedisGuard patient = patient()) {
      List<Boolean> right =
          callers.all(
              100,
              index -> {
                for (int i = 0; i < 20; i++) {
                  if (index % 2 == 0) {
                    assertThatThrownBy(() -> patient.call(Commands.incr("list")))
                        .isInstanceOf(CommandRejected.class)
                        .hasMessageContaining("WRONGTYPE");
                  } else {
                    assertThat(patient.call(Commands.elementsOf("list"))).containsExactly("a");
                  }
                }
                return true;
              });
      assertThat(right).doesNotContain(false);
      assertThat(patient.available()).isTrue();
    }
  }

  @Test
  void errorsOfTheServerAreAnOutage() {
    direct.configSet("maxmemory", "1");
    assertThatThrownBy(() -> guard.call(Commands.set("k", "v")))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageContaining("OOM");
    Await.until(
        "taken for down",
        DEADLINE,
        () -> {
          assertThatThrownBy(() -> guard.call(Commands.set("k", "v")))
              .isInstanceOf(RedisUnavailable.class);
          return !guard.available();
        });
  }

  @Test
  void aPrimaryThatBecameAReplicaIsLeft() { // K1
    long before = clientId();
    assertThat(clientId()).as("one connection").isEqualTo(before);
    direct.executeCommand(new CommandArguments(Command.REPLICAOF).add("127.0.0.1").add("1"));
    assertThatThrownBy(() -> guard.call(Commands.set("k", "v")))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageContaining("READONLY");
    direct.executeCommand(new CommandArguments(Command.REPLICAOF).add("NO").add("ONE"));
    assertThat(clientId()).isNotEqualTo(before);
    assertThat(guard.call(Commands.set("k", "v"))).isEqualTo("OK");
  }

  private long clientId() {
    return guard.call(
        new CommandObject<>(new CommandArguments(Command.CLIENT).add("ID"), BuilderFactory.LONG));
  }

  @Test
  void aScriptThatTheServerForgotRunsOnceForEachCaller() throws Exception {
    RedisScript add = RedisScript.load(LanesFaultIT.class, "add.lua");
    List<byte[]> keys = List.of("{s}sum".getBytes(UTF_8), "{s}journal".getBytes(UTF_8));
    int calls = 300;
    try (RedisGuard patient = patient()) {
      List<Object> replies =
          callers.all(
              calls,
              index -> {
                if (index % 50 == 0) {
                  direct.scriptFlush();
                }
                return add.run(patient, keys, List.of("1".getBytes(UTF_8)));
              });
      assertThat(direct.get("{s}sum")).isEqualTo(Integer.toString(calls));
      assertThat(replies).doesNotHaveDuplicates();
      assertThatThrownBy(() -> add.run(patient, keys, List.of("one".getBytes(UTF_8))))
          .isInstanceOf(CommandRejected.class)
          .hasMessageContaining("amount is not a number");
    }
  }

  @Test
  void severalCommandsOfOneCallerAreOneRoundTrip() {
    try (RedisGuard patient = patient()) {
      assertThat(patient.call(Commands.get("any"))).isNull();
      long before = patient.stats().batches();
      List<CommandObject<String>> commands = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        commands.add(i % 2 == 0 ? Commands.set("k" + i, "v" + i) : Commands.get("k" + (i - 1)));
      }
      List<String> replies = patient.callAll(commands);
      assertThat(patient.stats().batches()).isEqualTo(before + 1);
      for (int i = 0; i < 100; i++) {
        assertThat(replies.get(i)).isEqualTo(i % 2 == 0 ? "OK" : "v" + (i - 1));
      }
      assertThat(patient.callAll(List.of())).isEmpty();

      direct.rpush("list", "a");
      List<CommandObject<String>> oneIsWrong =
          List.of(Commands.set("a", "1"), Commands.get("list"), Commands.set("b", "2"));
      assertThatThrownBy(() -> patient.callAll(oneIsWrong))
          .isInstanceOf(CommandRejected.class)
          .hasMessageContaining("WRONGTYPE");
      assertThat(direct.get("b")).isEqualTo("2");

      List<CommandObject<String>> many = Collections.nCopies(5_000, Commands.get("k0"));
      assertThat(patient.callAll(many)).hasSize(5_000).containsOnly("v0");
    }
  }

  @Test
  void aBigCommandStandsInFrontOfNobody() { // N5
    try (RedisGuard patient = patient()) {
      assertThat(patient.call(Commands.get("any"))).isNull();
      long before = patient.stats().commands();
      String big = "x".repeat(Lane.BATCH_BYTES);
      assertThat(patient.call(Commands.set("big", big))).isEqualTo("OK");
      assertThat(patient.stats().commands()).isEqualTo(before);
      assertThat(patient.call(Commands.get("big"))).isEqualTo(big);
      assertThat(patient.stats().commands()).isEqualTo(before + 1);
    }
  }

  @Test
  void whatIsSentToAFrozenServerAtOnceDoesNotBlockTheSender() throws Exception { // K3, N5
    awaitPasses();
    server.freeze();
    String almostBig = "x".repeat(Lane.BATCH_BYTES - 200);
    List<RedisUnavailable> failures =
        callers.all(50, index -> failure(guard, Commands.set("key-" + index, almostBig)));
    assertThat(failures).hasSize(50);
  }

  @Test
  void aCommandThatBlocksHoldsNobodyUp() throws Exception {
    awaitPasses();
    Future<Object> blocked = callers.start(() -> guard.call(Commands.blpop(60, "empty")));
    assertThat(guard.call(Commands.get("k"))).isNull();
    assertThatThrownBy(() -> blocked.get(20, SECONDS)).hasCauseInstanceOf(RedisUnavailable.class);
  }

  @Test
  void closeEndsWhatWaitsAndReturnsTheConnections() throws Exception { // N2
    guard.close(); // or a thread of its own, which asks whether Redis is there, would be counted
    ThreadLeaks.assertNone(
        "perf-redis-",
        () -> {
          RedisGuard closing =
              RedisGuard.builder(another).config(config.withBudget(Duration.ofSeconds(30))).build();
          assertThat(closing.call(Commands.set("k", "v"))).isEqualTo("OK");
          // Two for as long as the keeper asks whether Redis is there.
          Await.until("one connection", DEADLINE, () -> another.getPool().getNumActive() == 1);
          server.freeze();
          Future<Object> leader = leadIntoSilence(callers, closing);
          Future<String> waiter = callers.start(() -> closing.call(Commands.get("k")));
          Await.until("it waits", DEADLINE, () -> closing.stats().waiting() == 1);

          closing.close();

          for (Future<?> call : List.of(leader, waiter)) {
            assertThatThrownBy(() -> call.get(25, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
          }
          Await.until("returned", DEADLINE, () -> another.getPool().getNumActive() == 0);
          assertThatThrownBy(() -> closing.call(Commands.get("k")))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageStartingWith("closed");
          server.thaw();
        });
  }

  @Test
  void refusesToTakeTheLastConnectionOfThePool() {
    assertThatThrownBy(() -> RedisGuard.builder(another).config(config.withLanes(8)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "connections: 8 that stay in use (8 lanes) of the client's pool of 8 (expected: at most"
                + " 7,");
    RedisGuard.builder(another).config(config.withLanes(7)).build().close();
  }

  @Test
  void aConnectionIsReturnedAsItWasBorrowed() {
    RedisGuard closing = RedisGuard.builder(another).config(config).build();
    closing.call(Commands.get("k"));
    closing.close();
    Await.until("returned", DEADLINE, () -> another.getPool().getNumActive() == 0);
    try (var connection = another.getPool().getResource()) {
      assertThat(connection.getSoTimeout()).isEqualTo(2_000);
      assertThat(connection.ping()).isTrue();
    }
  }
}
