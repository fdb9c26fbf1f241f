package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;

final class RedisGuardFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration BUDGET = Duration.ofSeconds(2);

  private final RedisProcess server = RedisProcess.start();

  /** Waits far longer for a reply than any budget, so that a wait tells which of them ended it. */
  private final RedisClient client =
      RedisClient.builder()
          .hostAndPort(server.address())
          .clientConfig(
              DefaultJedisClientConfig.builder()
                  .socketTimeoutMillis((int) Duration.ofMinutes(5).toMillis())
                  .build())
          .build();

  private final RedisClient another = RedisClient.create(server.address());
  private final RedisGuard guard =
      RedisGuard.builder(client)
          .config(GuardConfig.defaults().withBudget(BUDGET).withProbeEvery(Duration.ofMillis(100)))
          .build();

  @AfterEach
  void close() {
    guard.close();
    client.close();
    another.close();
    server.close();
  }

  @Test
  void passesTheAnswerOn() {
    assertThat(guard.<String>call(redis -> redis.set("k", "v"))).isEqualTo("OK");
    assertThat(guard.<String>call(redis -> redis.get("k"))).isEqualTo("v");
    assertThat(guard.<String>call(redis -> redis.get("absent"))).isNull();
  }

  @Test
  void aFrozenRedisCostsOneBudgetAndThenNothing() {
    guard.call(redis -> redis.ping());
    server.freeze();

    assertThatThrownBy(() -> guard.call(redis -> redis.get("k")))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageStartingWith("no answer within the budget");
    AtomicInteger sent = new AtomicInteger();
    for (int i = 0; i < 1_000; i++) {
      assertThatThrownBy(() -> guard.call(redis -> sent.incrementAndGet()))
          .isInstanceOf(RedisUnavailable.class)
          .hasMessageStartingWith("not sent");
    }
    assertThat(sent).as("G2: commands sent while down").hasValue(0);
    assertThat(guard.available()).isFalse();

    server.thaw();
    Await.until("calls pass again", DEADLINE, this::passes);
    assertThat(guard.available()).isTrue();
  }

  @Test
  void allCallersOfAFrozenRedisWaitForOneBudget() throws Exception {
    guard.call(redis -> redis.ping());
    server.freeze();
    int callers = 200;
    ExecutorService pool = Executors.newFixedThreadPool(callers);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Long>> waits = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        waits.add(
            pool.submit(
                () -> {
                  start.await();
                  long began = System.nanoTime();
                  assertThatThrownBy(() -> guard.call(redis -> redis.get("k")))
                      .isInstanceOf(RedisUnavailable.class);
                  return System.nanoTime() - began;
                }));
      }
      start.countDown();
      // G1: one after the other on the guard's threads, or for as long as the client waits, they
      // would wait for longer.
      for (Future<Long> wait : waits) {
        assertThat(Duration.ofNanos(wait.get(60, SECONDS))).isLessThan(BUDGET.multipliedBy(8));
      }
    } finally {
      pool.shutdownNow();
      server.thaw();
    }
    Await.until("calls pass again", DEADLINE, this::passes);
  }

  @Test
  void aKilledRedisIsTakenForDownAndFoundAgain() {
    guard.call(redis -> redis.ping());
    server.kill();

    Await.until("taken for down", DEADLINE, () -> !passes() && !guard.available());
    server.restart();
    Await.until("calls pass again", DEADLINE, this::passes);
  }

  @Test
  void anErrorReplyIsNotAnOutage() {
    guard.call(redis -> redis.rpush("list", "a"));
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> guard.call(redis -> redis.incr("list")))
          .isInstanceOf(CommandRejected.class)
          .hasMessageContaining("WRONGTYPE");
    }
    assertThat(guard.available()).isTrue();
  }

  @Test
  void anErrorOfTheServerIsAnOutage() {
    GuardConfig unasked = // a PING is answered, and so would end the outage
        GuardConfig.defaults()
            .withBudget(Duration.ofSeconds(20))
            .withProbeEvery(Duration.ofMinutes(10));
    try (RedisGuard full = RedisGuard.builder(another).config(unasked).build()) {
      full.call(redis -> redis.configSet("maxmemory", "1"));
      assertThatThrownBy(() -> full.call(redis -> redis.set("k", "v")))
          .isInstanceOf(RedisUnavailable.class)
          .hasMessageContaining("OOM");
      for (int i = 0; i < 5; i++) {
        assertThatThrownBy(() -> full.call(redis -> redis.set("k", "v")))
            .isInstanceOf(RedisUnavailable.class);
      }
      assertThat(full.available()).isFalse();
    }
  }

  @Test
  void aBugInTheCommandReachesTheCallerAsItIs() {
    RuntimeException bug = new IllegalArgumentException("bug");
    assertThatThrownBy(
            () ->
                guard.call(
                    redis -> {
                      throw bug;
                    }))
        .isSameAs(bug);
    assertThat(guard.available()).isTrue();
  }

  @Test
  void anInterruptedCallerStopsWaitingAndKeepsItsFlag() {
    CountDownLatch answer = new CountDownLatch(1);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> guard.call(redis -> answerAfter(answer)))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageStartingWith("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    answer.countDown();
    assertThat(passes()).as("and the permission was given back").isTrue();
  }

  @Test
  void refusesMoreCallsThanMayWait() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    ExecutorService callers = Executors.newFixedThreadPool(2);
    try (RedisGuard narrow =
        RedisGuard.builder(another)
            .config(
                GuardConfig.defaults()
                    .withMaxCalls(1, 1)
                    .withBudget(Duration.ofMinutes(1))
                    .withProbeEvery(Duration.ofMinutes(10))) // the keeper's PING would wait too
            .build()) {
      CountDownLatch running = new CountDownLatch(1);
      Future<String> first =
          callers.submit(
              () ->
                  narrow.<String>call(
                      redis -> {
                        running.countDown();
                        return answerAfter(release);
                      }));
      assertThat(running.await(10, SECONDS)).isTrue();
      AtomicReference<Thread> waiter = new AtomicReference<>();
      Future<String> second =
          callers.submit(
              () -> {
                waiter.set(Thread.currentThread());
                return narrow.<String>call(redis -> "second");
              });
      Await.until(
          "the second call waits",
          DEADLINE,
          () -> waiter.get() != null && waiter.get().getState() == Thread.State.TIMED_WAITING);
      assertThatThrownBy(() -> narrow.call(redis -> "third"))
          .isInstanceOf(RedisUnavailable.class)
          .hasMessageStartingWith("not sent: too many calls wait");
      release.countDown();
      assertThat(first.get(50, SECONDS)).isEqualTo("answer");
      assertThat(second.get(50, SECONDS)).isEqualTo("second");
      assertThat(narrow.available()).isTrue();
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void closingFailsWhatWaitsAndWhatComes() throws Exception {
    server.freeze();
    RedisGuard closing =
        RedisGuard.builder(another)
            .config(GuardConfig.defaults().withMaxCalls(1, 10).withBudget(Duration.ofSeconds(30)))
            .build();
    ExecutorService callers = Executors.newFixedThreadPool(5);
    try {
      CountDownLatch running = new CountDownLatch(1);
      List<Future<String>> calls = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        calls.add(
            callers.submit(
                () ->
                    closing.<String>call(
                        redis -> {
                          running.countDown();
                          return redis.get("k");
                        })));
      }
      assertThat(running.await(10, SECONDS)).isTrue();
      closing.close();
      for (Future<String> call : calls) { // the one under way ends with the client's timeout
        assertThatThrownBy(() -> call.get(10, SECONDS)).isInstanceOf(ExecutionException.class);
      }
      assertThatThrownBy(() -> closing.call(redis -> "late"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("closed");
    } finally {
      callers.shutdownNow();
      server.thaw();
    }
  }

  private static String answerAfter(CountDownLatch latch) {
    try {
      latch.await();
      return "answer";
    } catch (InterruptedException e) {
      throw new IllegalStateException("given up by the caller", e);
    }
  }

  private boolean passes() {
    try {
      guard.call(redis -> redis.ping());
      return true;
    } catch (RedisUnavailable e) {
      return false;
    }
  }
}
