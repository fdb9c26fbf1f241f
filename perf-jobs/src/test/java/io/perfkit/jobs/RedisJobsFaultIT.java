package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** What becomes of jobs in Redis when the server or the way to it fails. */
@SuppressWarnings("try") // an open guard gives its client the budget, and nothing names it
final class RedisJobsFaultIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration KEEP = Duration.ofDays(1);
  private static final Duration BUDGET = Duration.ofSeconds(3);
  private static final int JOBS = 1_500;

  record Item(int number) {}

  private static final JobType<Item> ITEM =
      JobType.of("item", Item.class).backoff(Backoff.fixed(Duration.ofMillis(5)));

  private final RedisProcess server = RedisProcess.startDurable();
  private final RedisClient admin = client(server.address());

  private static RedisClient client(HostAndPort address) {
    return RedisClient.create(address.getHost(), address.getPort());
  }

  @AfterEach
  void close() {
    admin.close();
    server.close();
  }

  private static JobsConfig config() {
    return JobsConfig.builder()
        .poll(Duration.ofMillis(100))
        .lease(Duration.ofSeconds(2))
        .queue(QueueConfig.defaults().withCapacity(Samples.PLENTY))
        .build();
  }

  /** Enqueues until it is known to be stored: the unique key makes that one job. */
  private static void enqueue(Jobs jobs, int number) {
    Await.until(
        "job " + number + " is stored",
        SOON,
        () -> {
          try {
            Enqueued unused =
                jobs.enqueue(
                    ITEM, new Item(number), o -> o.unique("n" + number, Duration.ofHours(1)));
            return true;
          } catch (StoreFailed again) {
            return false;
          }
        });
  }

  private static boolean ended(Jobs jobs, long number) {
    try {
      return jobs.audit().total().done() == number;
    } catch (StoreFailed later) {
      return false;
    }
  }

  /** Jobs run while faults happen; then none is lost, and each is done once. */
  private void survives(Runnable fault) {
    Map<Integer, AtomicInteger> runs = new ConcurrentHashMap<>();
    try (RedisClient worker = client(server.address());
        RedisClient producer = client(server.address());
        RedisGuard workers = RedisKeys.patient(worker, BUDGET);
        RedisGuard producers = RedisKeys.patient(producer, BUDGET);
        Jobs node = Jobs.builder(RedisStore.create(worker, "shop")).config(config()).build();
        Jobs source = Jobs.builder(RedisStore.create(producer, "shop")).config(config()).build()) {
      node.handle(
              ITEM,
              (item, context) ->
                  runs.computeIfAbsent(item.number(), n -> new AtomicInteger()).incrementAndGet())
          .start();
      for (int i = 0; i < JOBS; i++) {
        enqueue(source, i);
        if (i % (JOBS / 5) == JOBS / 10) {
          fault.run();
        }
      }
      Await.until("all are done", SOON, () -> ended(source, JOBS));
      AuditReport audit = source.audit();
      assertThat(audit.holds()).as("%s", audit).isTrue();
      assertThat(audit.total().enqueued()).isEqualTo(JOBS);
      assertThat(audit.total().dead()).isZero();
      assertThat(runs).hasSize(JOBS);
    }
  }

  @Test
  void aServerThatIsKilledAndRestartedLosesNoJob() {
    survives(server::restart);
  }

  @Test
  void killedConnectionsLoseNoJob() {
    survives(
        () -> {
          try (Jedis jedis = new Jedis(server.address())) {
            long unused =
                jedis.clientKill(
                    new ClientKillParams()
                        .type(ClientType.NORMAL)
                        .skipMe(ClientKillParams.SkipMe.YES));
          }
        });
  }

  @Test
  void flushedScriptsAreSentAgain() {
    survives(
        () -> {
          String unused = admin.scriptFlush();
        });
  }

  @Test
  void aFullServerRefusesJobsAndStillCompletesReturnsAndRescuesThem() {
    try (RedisGuard guard = RedisKeys.patient(admin, BUDGET);
        RedisStore store = RedisStore.create(admin, "shop")) {
      store.enqueue(Samples.QUEUE, Samples.PLENTY, Samples.plain(30));
      long gone = store.join("n1", Duration.ofMillis(100));
      assertThat(claim(store, gone, 1, 10)).hasSize(10);
      String unused = admin.configSet("maxmemory-policy", "noeviction");
      unused = admin.configSet("maxmemory", "1");

      assertThatThrownBy(
              () -> store.enqueue(Samples.QUEUE, Samples.PLENTY, List.of(Samples.plain())))
          .isInstanceOf(StoreFailed.class)
          .rootCause()
          .hasMessageContaining("OOM");
      Await.until("rescued", SOON, () -> store.maintain(3, KEEP).rescued() == 10);
      long owner = store.join("n2", Duration.ofMinutes(5));
      assertThat(store.beat(owner, Duration.ofMinutes(5)).fenced()).isFalse();
      List<ClaimedJob> claimed = claim(store, owner, 1, 30);
      assertThat(claimed).hasSize(30);
      StepReply ended =
          store.step(
              owner,
              List.of(
                  Completion.done(claimed.get(0)),
                  Completion.retry(claimed.get(1), 0, "failed"),
                  Completion.returned(claimed.get(2), 0),
                  Completion.dead(claimed.get(3), DeadReason.HANDLER, "failed")),
              null);
      assertThat(ended.accepted()).containsOnly(true);
      store.leave(owner);
      assertThat(store.cancel(claimed.get(4).id())).isTrue();
      AuditReport audit = new AuditReport(store.counts(true));
      assertThat(audit.holds()).as("%s", audit).isTrue();
      assertThat(audit.total().enqueued()).as("the refused one left nothing").isEqualTo(30);
      assertThat(audit.total().waiting()).isEqualTo(27);

      unused = admin.configSet("maxmemory", "0");
      assertThat(store.enqueue(Samples.QUEUE, Samples.PLENTY, List.of(Samples.plain())))
          .containsExactly(Stored.ACCEPTED);
    }
  }

  private static List<ClaimedJob> claim(JobStore store, long owner, long claim, int places) {
    ClaimRequest request =
        new ClaimRequest(Samples.QUEUE, claim, Samples.TYPES, Samples.normal(places));
    return store.step(owner, List.of(), request).claimed();
  }

  @Test
  void whatRanAndWasNotAnsweredIsKnownWhenItIsRepeated() {
    FaultProxy proxy = FaultProxy.to(server.address());
    try (RedisClient far = client(proxy.address());
        RedisGuard guard = RedisKeys.patient(far, BUDGET);
        RedisStore store = RedisStore.create(far, "shop")) {
      List<NewJob> jobs = Samples.plain(3);
      long owner = store.join("n1", Duration.ofMinutes(5));

      proxy.dropReplies();
      assertThatThrownBy(() -> store.enqueue(Samples.QUEUE, Samples.PLENTY, jobs))
          .isInstanceOf(StoreFailed.class);
      heal(proxy, store);
      assertThat(store.enqueue(Samples.QUEUE, Samples.PLENTY, jobs))
          .isEqualTo(jobs.stream().map(job -> Stored.duplicateOf(job.id())).toList());
      assertThat(store.counts(true).get(Samples.QUEUE).enqueued()).isEqualTo(3);

      proxy.dropReplies();
      assertThatThrownBy(() -> claim(store, owner, 1, 2)).isInstanceOf(StoreFailed.class);
      heal(proxy, store);
      assertThat(store.counts(true).get(Samples.QUEUE).inFlight()).isEqualTo(2);
      store.disown(owner, 1);
      List<ClaimedJob> claimed = claim(store, owner, 2, 3);
      assertThat(claimed).extracting(ClaimedJob::attempt).hasSize(3).containsOnly(1);

      List<Completion> done = claimed.stream().map(Completion::done).toList();
      proxy.dropReplies();
      assertThatThrownBy(() -> store.step(owner, done, null)).isInstanceOf(StoreFailed.class);
      heal(proxy, store);
      assertThat(store.step(owner, done, null).accepted()).as("they are done").containsOnly(false);
      AuditReport audit = new AuditReport(store.counts(true));
      assertThat(audit.holds()).as("%s", audit).isTrue();
      assertThat(audit.total().done()).isEqualTo(3);
    } finally {
      proxy.close();
    }
  }

  private static void heal(FaultProxy proxy, RedisStore store) {
    proxy.heal();
    Await.until(
        "it answers",
        SOON,
        () -> {
          try {
            return store.counts(true) != null;
          } catch (StoreFailed later) {
            return false;
          }
        });
  }

  @Test
  void anIdleNodeIsWokenAndNeedsNoPollEvenAfterTheServerWasDown() {
    JobsConfig noPoll = config().toBuilder().poll(Duration.ofMinutes(1)).build();
    AtomicInteger ran = new AtomicInteger();
    try (RedisClient worker = client(server.address());
        RedisGuard workers = RedisKeys.patient(worker, BUDGET);
        RedisGuard producers = RedisKeys.patient(admin, BUDGET);
        Jobs node = Jobs.builder(RedisStore.create(worker, "shop")).config(noPoll).build();
        Jobs source = Jobs.builder(RedisStore.create(admin, "shop")).config(noPoll).build()) {
      node.handle(ITEM, (item, context) -> ran.incrementAndGet()).start();
      for (int i = 1; i <= 20; i++) {
        if (i == 10) {
          server.kill();
          Await.until("the node knows", SOON, () -> !workers.available());
          server.restart();
          Await.until("both are back", SOON, () -> workers.available() && producers.available());
        }
        enqueue(source, i);
        int number = i;
        Await.until("job " + i + " ran", Duration.ofSeconds(30), () -> ran.get() == number);
      }
    }
  }
}
