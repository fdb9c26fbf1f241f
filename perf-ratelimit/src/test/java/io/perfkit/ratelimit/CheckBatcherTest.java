package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.ratelimit.CheckBatcher.Outcome;
import io.perfkit.ratelimit.CheckBatcher.Share;
import io.perfkit.redis.Batcher;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;

final class CheckBatcherTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final int FOLLOWERS = 20;
  private static final GuardConfig ONE_LANE =
      GuardConfig.defaults().withBudget(DEADLINE).withLanes(1);

  private final Rule rule = new Rule(Policy.tokenBucket("p", 10, Duration.ofSeconds(1)), 0);
  private final Queue<Thread> callers = new ConcurrentLinkedQueue<>();
  private final ExecutorService threads = Executors.newCachedThreadPool(this::caller);
  private final List<String> sent = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> noted = new ConcurrentHashMap<>();
  private final CountDownLatch firstMayEnd = new CountDownLatch(1);

  private final RedisClient client = RedisClient.builder().hostAndPort("localhost", 1).build();
  private @Nullable RedisGuard guard;

  @AfterEach
  void stop() {
    threads.shutdownNow();
    if (guard != null) {
      guard.close();
    }
    client.close();
  }

  private Thread caller(Runnable work) {
    Thread caller = new Thread(work);
    callers.add(caller);
    return caller;
  }

  /** A request is counted before it is queued, and after that its thread parks. */
  private void awaitQueued(CheckBatcher batcher, int requests) {
    Await.until(
        requests + " requests are queued",
        DEADLINE,
        () ->
            batcher.waiting() == requests
                && callers.stream().filter(CheckBatcherTest::isQueued).count() == requests);
  }

  private static boolean isQueued(Thread caller) {
    Object blocker = LockSupport.getBlocker(caller);
    return blocker != null && blocker.getClass().getEnclosingClass() == Batcher.class;
  }

  private CheckRequest ask(String key) {
    return new CheckRequest(new Rule[] {rule}, new String[] {key}, 1);
  }

  private CheckBatcher batcher(CheckBatcher.Sender sender, GuardConfig config) {
    return new CheckBatcher(
        shares -> {
          hold(shares);
          return sender.send(shares);
        },
        (check, times) -> noted.merge(check.key(0), times, Integer::sum),
        guard(config));
  }

  /** A guard whose client finds no server: the tests answer in its place. */
  private RedisGuard guard(GuardConfig config) {
    guard = RedisGuard.builder(client).config(config).build();
    return guard;
  }

  /** Holds up the first command until the test lets it end. */
  private void hold(List<Share> shares) {
    sent.add(
        String.join(
            " ", shares.stream().map(share -> share.check().key(0) + share.times()).toList()));
    if (sent.size() == 1) {
      try {
        assertThat(firstMayEnd.await(10, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static List<Outcome> admitAll(List<Share> shares) {
    return shares.stream().map(share -> outcome(share.check(), share.times())).toList();
  }

  /** Fails as a Redis does that is not there. */
  private static void askNobody() {
    try (RedisClient client = RedisClient.builder().hostAndPort("localhost", 1).build();
        RedisGuard guard = RedisGuard.builder(client).config(ONE_LANE).build()) {
      guard.call(UnifiedJedis::ping);
    }
  }

  private static Outcome outcome(CheckRequest check, int admitted) {
    long[] numbers = new long[CheckResult.WIDTH];
    numbers[CheckResult.CODE] = admitted > 0 ? CheckResult.ADMITS : CheckResult.SPENT;
    numbers[CheckResult.WAIT] = admitted > 0 ? 0 : 1_000;
    return new Outcome(admitted, CheckResult.of(check, numbers));
  }

  /** A caller that leads, and others that come while its command is under way. */
  private List<Future<CheckResult>> leaderAndFollowers(CheckBatcher batcher) {
    List<Future<CheckResult>> all = new ArrayList<>();
    all.add(threads.submit(() -> batcher.decide(ask("k"), true)));
    Await.until("the first is under way", DEADLINE, () -> sent.size() == 1);
    for (int i = 0; i < FOLLOWERS; i++) {
      all.add(threads.submit(() -> batcher.decide(ask("k"), true)));
    }
    return all;
  }

  @Test
  void requestsThatMeetBecomeOneCommandAndEqualOnesOneShareOfIt() throws Exception {
    AtomicInteger left = new AtomicInteger(8);
    CheckBatcher batcher =
        batcher(
            shares -> {
              List<Outcome> outcomes = new ArrayList<>();
              for (Share share : shares) {
                boolean scarce = share.check().key(0).equals("k");
                int admitted = scarce ? Math.min(share.times(), left.get()) : share.times();
                left.addAndGet(scarce ? -admitted : 0);
                outcomes.add(outcome(share.check(), admitted));
              }
              return outcomes;
            },
            ONE_LANE);
    List<Future<CheckResult>> all = leaderAndFollowers(batcher);
    awaitQueued(batcher, FOLLOWERS);
    Future<CheckResult> other = threads.submit(() -> batcher.decide(ask("other"), true));
    awaitQueued(batcher, FOLLOWERS + 1);
    Future<CheckResult> looks = threads.submit(() -> batcher.decide(ask("k"), false));
    awaitQueued(batcher, FOLLOWERS + 2);
    firstMayEnd.countDown();

    List<CheckResult> standings = new ArrayList<>();
    for (Future<CheckResult> each : all) {
      standings.add(each.get(10, TimeUnit.SECONDS));
    }
    assertThat(standings).doesNotContainNull().doesNotHaveDuplicates();
    assertThat(standings.stream().filter(result -> result.worst() < 0)).hasSize(8);
    assertThat(other.get(10, TimeUnit.SECONDS).worst()).isNegative();
    assertThat(looks.get(10, TimeUnit.SECONDS)).isNotNull();
    assertThat(sent).containsExactly("k1", "k20 other1 k0", "k13");
    assertThat(noted).isEqualTo(Map.of("k", 8, "other", 1));
    assertThat(batcher.waiting()).isZero();
  }

  @Test
  void asManyCommandsAreUnderWayAsThereAreLanes() throws Exception {
    CountDownLatch bothMayEnd = new CountDownLatch(1);
    AtomicInteger underWay = new AtomicInteger();
    CheckBatcher batcher =
        new CheckBatcher(
            shares -> {
              underWay.incrementAndGet();
              Await.until("the test says so", DEADLINE, () -> bothMayEnd.getCount() == 0);
              return admitAll(shares);
            },
            (check, times) -> {},
            guard(ONE_LANE.withLanes(2)));
    List<Future<CheckResult>> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String key = "k" + i;
      all.add(threads.submit(() -> batcher.decide(ask(key), true)));
    }
    Await.until("two are under way", DEADLINE, () -> underWay.get() == 2);
    awaitQueued(batcher, 3);
    bothMayEnd.countDown();

    for (Future<CheckResult> each : all) {
      assertThat(each.get(10, TimeUnit.SECONDS)).isNotNull();
    }
    assertThat(underWay).hasValueBetween(3, 4);
  }

  @Test
  void noCallerWaitsLongerThanTheBudgetAndNothingIsSentForOneThatHasGone()
      throws Exception { // N4, N8
    CheckBatcher batcher =
        batcher(CheckBatcherTest::admitAll, ONE_LANE.withBudget(Duration.ofSeconds(2)));
    List<Future<CheckResult>> all = leaderAndFollowers(batcher);
    for (Future<CheckResult> follower : all.subList(1, all.size())) {
      assertThat(follower.get(10, TimeUnit.SECONDS)).isNull();
    }
    firstMayEnd.countDown();

    assertThat(all.get(0).get(10, TimeUnit.SECONDS)).isNotNull();
    assertThat(sent).containsExactly("k1");
    assertThat(batcher.decide(ask("k"), true)).isNotNull();
  }

  @Test
  void aRequestThatComesWhenTooManyWaitIsNotSent() throws Exception {
    CheckBatcher batcher = batcher(CheckBatcherTest::admitAll, ONE_LANE.withMaxCalls(1, FOLLOWERS));
    List<Future<CheckResult>> all = leaderAndFollowers(batcher);
    awaitQueued(batcher, FOLLOWERS);

    assertThat(batcher.decide(ask("k"), true)).isNull();

    firstMayEnd.countDown();
    for (Future<CheckResult> each : all) {
      assertThat(each.get(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void aRequestThatWasDecidedBeforeRedisFailedKeepsItsAnswer() throws Exception {
    CheckBatcher batcher =
        batcher(
            shares -> {
              if (sent.size() == 3) {
                askNobody();
              }
              return List.of(outcome(shares.get(0).check(), 1));
            },
            ONE_LANE);
    List<Future<CheckResult>> all = leaderAndFollowers(batcher);
    awaitQueued(batcher, FOLLOWERS);
    firstMayEnd.countDown();

    int answered = 0;
    for (Future<CheckResult> each : all) {
      answered += each.get(10, TimeUnit.SECONDS) == null ? 0 : 1;
    }
    assertThat(answered).isEqualTo(2);
    assertThat(sent).containsExactly("k1", "k20", "k19");
    assertThat(noted).isEqualTo(Map.of("k", 2));
  }

  @Test
  void aRequestBehindALeaderThatBreaksIsSentByTheNext() throws Exception { // N2
    CheckBatcher batcher =
        batcher(
            shares -> {
              if (sent.size() == 1) {
                throw new IllegalStateException("closed");
              }
              return admitAll(shares);
            },
            ONE_LANE);
    List<Future<CheckResult>> all = leaderAndFollowers(batcher);
    awaitQueued(batcher, FOLLOWERS);
    firstMayEnd.countDown();

    assertThatThrownBy(() -> all.get(0).get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseInstanceOf(IllegalStateException.class);
    for (Future<CheckResult> follower : all.subList(1, all.size())) {
      assertThat(Objects.requireNonNull(follower.get(10, TimeUnit.SECONDS)).worst()).isNegative();
    }
    assertThat(sent).containsExactly("k1", "k20");
  }

  /** A caller that is interrupted just as it begins to lead. */
  private static final class Interrupted extends Thread {
    Interrupted(Runnable work) {
      super(work);
    }

    @Override
    public boolean isInterrupted() {
      return StackWalker.getInstance()
          .walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals("lead")));
    }
  }

  @Test
  void aLeaderThatIsInterruptedSendsItsOwnRequestAloneSoThatNoOtherFails() throws Exception { // N4
    CheckBatcher batcher =
        batcher(
            shares -> {
              if (shares.get(0).check().key(0).equals("interrupted")) {
                askNobody();
              }
              return admitAll(shares);
            },
            ONE_LANE);
    List<Future<CheckResult>> others = new ArrayList<>();
    others.add(threads.submit(() -> batcher.decide(ask("k"), true)));
    Await.until("the first is under way", DEADLINE, () -> sent.size() == 1);
    AtomicReference<Boolean> failed = new AtomicReference<>();
    Thread interrupted =
        new Interrupted(() -> failed.set(batcher.decide(ask("interrupted"), true) == null));
    callers.add(interrupted);
    interrupted.start();
    awaitQueued(batcher, 1);
    for (int i = 0; i < FOLLOWERS; i++) {
      others.add(threads.submit(() -> batcher.decide(ask("k"), true)));
    }
    awaitQueued(batcher, FOLLOWERS + 1);
    firstMayEnd.countDown();

    for (Future<CheckResult> other : others) {
      assertThat(Objects.requireNonNull(other.get(10, TimeUnit.SECONDS)).worst()).isNegative();
    }
    interrupted.join(DEADLINE.toMillis());
    assertThat(failed).hasValue(true);
    assertThat(sent).containsExactly("k1", "interrupted1", "k20");
  }
}
