package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** What holds for every command, however many threads send at once. */
final class LanesConcurrencyIT {
  private static final int SECONDS = Integer.getInteger("perf.chaos.seconds", 5);
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int THREADS = 64;
  private static final int KEYS = 2_000;

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy proxy = FaultProxy.to(server.address());
  private final RedisClient direct = RedisClient.create(server.address());
  private final RedisClient proxied = RedisClient.create(proxy.address());
  private final Callers callers = Callers.virtual();

  @AfterEach
  void close() {
    callers.close();
    proxied.close();
    direct.close();
    proxy.close();
    server.close();
  }

  private static RedisGuard patient(RedisClient client) {
    return RedisGuard.builder(client)
        .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
        .build();
  }

  @Test
  void everyCommandRunsOnceAndIsAnsweredOnce() throws Exception { // N2, N4, W1
    int increments = 40_000 * SECONDS;
    try (RedisGuard guard = patient(direct)) {
      List<String> wrong = countUp(increments, () -> guard.call(Commands.incr("counter")));
      assertThat(wrong).isEmpty();
      assertThat(guard.stats().commands()).isEqualTo(increments);
      assertThat(guard.stats().batches()).isLessThan(increments);
      assertThat(guard.stats().maxBatch()).isBetween(2, Lane.BATCH_COMMANDS_MAX);
    }
  }

  @Test
  void noCallIsForgottenWhenItsLeaderGoes() throws Exception { // N2
    int rounds = 4_000 * SECONDS;
    CyclicBarrier together = new CyclicBarrier(2); // so nobody comes by who would take it along
    try (RedisGuard guard =
        RedisGuard.builder(direct)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)).withLanes(1))
            .build()) {
      List<Boolean> answered =
          callers.all(
              2,
              index -> {
                Random random = new Random(index);
                for (int i = 0; i < rounds; i++) {
                  together.await(30, TimeUnit.SECONDS);
                  long start = System.nanoTime();
                  long pause =
                      (long) index * random.nextInt(100_000); // to come just when the other goes
                  while (System.nanoTime() - start < pause) {
                    Thread.onSpinWait();
                  }
                  guard.call(Commands.incr("counter"));
                }
                return true;
              });
      assertThat(answered).containsOnly(true);
      assertThat(direct.get("counter")).isEqualTo(Integer.toString(2 * rounds));
    }
  }

  @Test
  void theCheckOfSingleExecutionSeesACommandThatRunsTwiceAndOneThatDoesNot() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    LongSupplier twice =
        () -> {
          long reply = direct.incr("counter");
          return calls.incrementAndGet() == 777 ? direct.incr("counter") : reply;
        };
    assertThat(countUp(2_000, twice)).isNotEmpty();
    direct.del("counter");
    AtomicLong last = new AtomicLong();
    LongSupplier forged =
        () -> {
          if (calls.incrementAndGet() % 500 != 0) {
            last.set(direct.incr("counter"));
          }
          return last.get();
        };
    assertThat(countUp(2_000, forged)).isNotEmpty();
  }

  /** Increments by many threads: each reply is seen once, and the counter is their number. */
  private List<String> countUp(int increments, LongSupplier increment) throws Exception {
    AtomicBoolean[] seen = new AtomicBoolean[increments + 1];
    Arrays.setAll(seen, i -> new AtomicBoolean());
    AtomicInteger left = new AtomicInteger(increments);
    List<List<String>> wrong =
        callers.all(
            THREADS,
            index -> {
              List<String> mine = new ArrayList<>();
              long previous = 0;
              while (left.getAndDecrement() > 0) {
                long reply = increment.getAsLong();
                if (reply > increments || seen[(int) reply].getAndSet(true)) {
                  mine.add(reply + " was given twice or never");
                }
                if (reply <= previous) {
                  mine.add(reply + " after " + previous + " to one thread");
                }
                previous = reply;
              }
              return mine;
            });
    List<String> all = new ArrayList<>();
    wrong.forEach(all::addAll);
    if (!direct.get("counter").equals(Integer.toString(increments))) {
      all.add("counter: " + direct.get("counter") + " after " + increments + " calls");
    }
    return all;
  }

  @Test
  void noCallerEverSeesTheReplyOfAnother() throws Exception { // K1, K2, N4
    fill();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    AtomicBoolean stop = new AtomicBoolean();
    try (RedisGuard guard =
        RedisGuard.builder(proxied)
            .config(
                GuardConfig.defaults()
                    .withBudget(Duration.ofMillis(100))
                    .withProbeEvery(Duration.ofMillis(20)))
            .build()) {
      AtomicLong answers = new AtomicLong();
      Future<List<String>> wrong =
          callers.start(
              () ->
                  crossed(
                      stop,
                      key -> {
                        try {
                          byte[] value = guard.call(Commands.get(key));
                          answers.incrementAndGet();
                          return value;
                        } catch (RedisUnavailable e) {
                          return null;
                        }
                      }));
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      while (System.nanoTime() < end) {
        breakSomething(random);
        proxy.heal();
        long goal = answers.get() + 1 + random.nextInt(2_000);
        Await.until("answers after a fault, seed " + seed, DEADLINE, () -> answers.get() >= goal);
      }
      stop.set(true);
      assertThat(wrong.get(60, TimeUnit.SECONDS)).as("seed " + seed).isEmpty();
    } finally {
      stop.set(true);
    }
  }

  @Test
  void callersThatNeverRestDoNotKeepRedisDown() throws Exception { // N7
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong answers = new AtomicLong();
    try (RedisGuard guard =
        RedisGuard.builder(proxied)
            .config(
                GuardConfig.defaults()
                    .withBudget(Duration.ofMillis(100))
                    .withProbeEvery(Duration.ofMillis(20)))
            .build()) {
      Future<List<Boolean>> restless =
          callers.start(
              () ->
                  callers.all(
                      THREADS,
                      index -> {
                        while (!stop.get()) {
                          // At once again, so that a virtual thread keeps its processor.
                          answers.addAndGet(isAnswered(guard) ? 1 : 0);
                        }
                        return true;
                      }));
      for (int i = 0; i < 4 * SECONDS; i++) {
        proxy.dropReplies();
        Await.until("taken for down", DEADLINE, () -> !guard.available());
        proxy.heal();
        long goal = answers.get() + 500;
        Await.until("answers again", DEADLINE, () -> answers.get() >= goal);
      }
      stop.set(true);
      assertThat(restless.get(60, TimeUnit.SECONDS)).hasSize(THREADS);
    } finally {
      stop.set(true);
    }
  }

  private static boolean isAnswered(RedisGuard guard) {
    try {
      guard.call(Commands.get("k"));
      return true;
    } catch (RedisUnavailable e) {
      return false;
    }
  }

  private void breakSomething(Random random) {
    switch (random.nextInt(5)) {
      case 0 -> proxy.cut();
      case 1 -> proxy.halfClose();
      case 2 -> proxy.dropReplies();
      case 3 -> proxy.blackHole();
      default -> proxy.delay(Duration.ofMillis(random.nextInt(80)));
    }
    long until = System.nanoTime() + Duration.ofMillis(random.nextInt(150)).toNanos();
    Await.until("the fault was felt", DEADLINE, () -> System.nanoTime() > until);
  }

  @Test
  void theCheckOfRepliesSeesTwoThatAreExchanged() throws Exception {
    fill();
    AtomicBoolean stop = new AtomicBoolean();
    Exchanger<byte[]> exchanger = new Exchanger<>();
    AtomicInteger calls = new AtomicInteger();
    Future<List<String>> wrong =
        callers.start(
            () ->
                crossed(
                    stop,
                    key -> {
                      byte[] value = direct.get(key);
                      int call = calls.incrementAndGet();
                      stop.compareAndSet(false, call > 5_000);
                      return call % 100 > 1 ? value : exchanged(exchanger, value);
                    }));
    assertThat(wrong.get(60, TimeUnit.SECONDS)).isNotEmpty();
  }

  private static byte[] exchanged(Exchanger<byte[]> exchanger, byte[] value) {
    try {
      return exchanger.exchange(value, 100, TimeUnit.MILLISECONDS);
    } catch (InterruptedException | TimeoutException e) {
      return value;
    }
  }

  private void fill() {
    for (int i = 0; i < KEYS; i++) {
      direct.set("key-" + i, value(i));
    }
  }

  private static String value(int key) {
    return ("value of " + key + " ").repeat(1 + key % 40);
  }

  /** Reads keys at random and compares; an absent answer is none. */
  private List<String> crossed(AtomicBoolean stop, UnaryOperator<byte[]> get) throws Exception {
    List<List<String>> wrong =
        callers.all(
            THREADS,
            index -> {
              List<String> mine = new ArrayList<>();
              Random random = new Random(index);
              while (!stop.get()) {
                int key = random.nextInt(KEYS);
                byte[] read = get.apply(("key-" + key).getBytes(UTF_8));
                if (read != null && !new String(read, UTF_8).equals(value(key))) {
                  mine.add("key-" + key + ": " + new String(read, UTF_8));
                }
              }
              return mine;
            });
    List<String> all = new ArrayList<>();
    wrong.forEach(all::addAll);
    return all;
  }
}
