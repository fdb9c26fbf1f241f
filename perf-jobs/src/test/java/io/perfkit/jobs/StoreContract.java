package io.perfkit.jobs;

import static io.perfkit.jobs.Samples.PLENTY;
import static io.perfkit.jobs.Samples.QUEUE;
import static io.perfkit.jobs.Samples.TYPE;
import static io.perfkit.jobs.Samples.TYPES;
import static io.perfkit.jobs.Samples.ids;
import static io.perfkit.jobs.Samples.idsOf;
import static io.perfkit.jobs.Samples.job;
import static io.perfkit.jobs.Samples.normal;
import static io.perfkit.jobs.Samples.plain;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of jobs does. */
abstract class StoreContract {
  private static final Duration LEASE = Duration.ofMillis(400);
  private static final Duration LONG_LEASE = Duration.ofMinutes(5);
  private static final Duration KEEP = Duration.ofDays(1);
  private static final AtomicInteger APPLICATIONS = new AtomicInteger();

  private JobStore store;
  private long claims;

  /** A store of an application, on the server of this test class. */
  abstract JobStore open(String application);

  /** Lets time pass by the store's clock, at least so much. */
  abstract void pass(Duration time);

  @BeforeEach
  void openStore() {
    store = open("shop-" + APPLICATIONS.incrementAndGet());
  }

  @AfterEach
  void conservationHolds() {
    AuditReport audit = new AuditReport(store.counts(true));
    store.close();
    assertThat(audit.holds()).as("%s", audit).isTrue();
  }

  private List<Stored> enqueue(NewJob... jobs) {
    return store.enqueue(QUEUE, PLENTY, List.of(jobs));
  }

  private List<ClaimedJob> claim(long owner, int places) {
    return claim(owner, TYPES, normal(places)).claimed();
  }

  private StepReply claim(long owner, Set<String> types, List<Integer> quotas) {
    return store.step(owner, List.of(), new ClaimRequest(QUEUE, ++claims, types, quotas));
  }

  private boolean complete(Completion completion) {
    return store.step(completion.job().owner(), List.of(completion), null).accepted().get(0);
  }

  private QueueCounts counts() {
    return store.counts(true).getOrDefault(QUEUE, QueueCounts.ZERO);
  }

  @Test
  void givesAJobAsItWasStored() {
    NewJob stored = job().priority(Priority.HIGH).key("user-7", 2).build();
    assertThat(enqueue(stored)).containsExactly(Stored.ACCEPTED);

    ClaimedJob claimed = claim(store.join("n1", LONG_LEASE), 1).get(0);

    assertThat(claimed.id()).isEqualTo(stored.id());
    assertThat(claimed.queue()).isEqualTo(QUEUE);
    assertThat(claimed.type()).isEqualTo(TYPE);
    assertThat(claimed.version()).isEqualTo(1);
    assertThat(claimed.priority()).isEqualTo(Priority.HIGH);
    assertThat(claimed.key()).isEqualTo("user-7");
    assertThat(claimed.attempt()).isEqualTo(1);
    assertThat(claimed.maxAttempts()).isEqualTo(3);
    assertThat(claimed.crashes()).isZero();
    assertThat(claimed.headers()).containsEntry("trace", "t-1");
    assertThat((byte[]) claimed.payload()).isEqualTo("payload".getBytes(StandardCharsets.UTF_8));
    assertThat(claimed.waitedNanos()).isNotNegative();
    assertThat(complete(Completion.done(claimed))).isTrue();
  }

  @Test
  void storesAJobOnceHoweverOftenItsReplyIsLost() {
    NewJob job = plain();
    assertThat(enqueue(job)).containsExactly(Stored.ACCEPTED);
    assertThat(enqueue(job)).containsExactly(Stored.duplicateOf(job.id()));
    assertThat(claim(store.join("n1", LONG_LEASE), 5)).hasSize(1);
    assertThat(counts().enqueued()).isEqualTo(1);
  }

  @Test
  void startsJobsOfAPriorityInTheirOrder() {
    List<NewJob> jobs = plain(20);
    store.enqueue(QUEUE, PLENTY, jobs);
    long owner = store.join("n1", LONG_LEASE);
    List<JobId> started = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      started.addAll(ids(claim(owner, 4)));
    }
    assertThat(started).isEqualTo(idsOf(jobs));
    assertThat(claim(owner, 4)).isEmpty();
  }

  @Test
  void dividesAClaimByQuotaAndFillsItUp() {
    for (Priority priority : Priority.values()) {
      for (int i = 0; i < 10; i++) {
        enqueue(job().priority(priority).build());
      }
    }
    long owner = store.join("n1", LONG_LEASE);
    assertThat(claim(owner, TYPES, List.of(3, 2, 1, 1)).claimed())
        .extracting(ClaimedJob::priority)
        .containsExactlyInAnyOrder(
            Priority.CRITICAL,
            Priority.CRITICAL,
            Priority.CRITICAL,
            Priority.HIGH,
            Priority.HIGH,
            Priority.NORMAL,
            Priority.LOW);
    assertThat(claim(owner, TYPES, List.of(0, 0, 0, 12)).claimed())
        .extracting(ClaimedJob::priority)
        .as("9 are left of LOW, the rest is filled up from above")
        .hasSize(12)
        .filteredOn(priority -> priority == Priority.LOW)
        .hasSize(9);
  }

  @Test
  void noJobIsClaimedTwiceAndNoTypeThatIsNotAskedFor() {
    NewJob other = job().type("other").build();
    NewJob mine = plain();
    enqueue(other, mine);
    long first = store.join("n1", LONG_LEASE);
    long second = store.join("n2", LONG_LEASE);
    assertThat(ids(claim(first, 5))).containsExactly(mine.id());
    assertThat(claim(second, 5)).isEmpty();
    assertThat(ids(claim(second, Set.of("other", TYPE), normal(5)).claimed()))
        .containsExactly(other.id());
  }

  @Test
  void aClaimEndsOnce() {
    enqueue(plain());
    long owner = store.join("n1", LONG_LEASE);
    ClaimedJob job = claim(owner, 1).get(0);
    assertThat(counts().inFlight()).isEqualTo(1);
    assertThat(complete(Completion.done(job))).isTrue();
    assertThat(complete(Completion.done(job))).as("I3").isFalse();
    assertThat(complete(Completion.retry(job, 0, "late"))).as("I3").isFalse();
    QueueCounts counts = counts();
    assertThat(counts.done()).isEqualTo(1);
    assertThat(counts.retried()).isZero();
    assertThat(counts.stale()).isEqualTo(2);
    assertThat(counts.waiting() + counts.inFlight()).isZero();
  }

  @Test
  void anotherAttemptComesAfterItsDelayAndCounts() {
    enqueue(plain());
    long owner = store.join("n1", LONG_LEASE);
    ClaimedJob first = claim(owner, 1).get(0);
    assertThat(complete(Completion.retry(first, 300, "failed"))).isTrue();
    StepReply early = claim(owner, TYPES, normal(1));
    assertThat(early.claimed()).isEmpty();
    assertThat(early.nextDueMillis()).isBetween(0L, 300L);
    pass(Duration.ofMillis(350));
    ClaimedJob second = claim(owner, 1).get(0);
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.attempt()).isEqualTo(2);
    assertThat(complete(Completion.done(first))).as("the first attempt is over").isFalse();
    assertThat(complete(Completion.done(second))).isTrue();
    assertThat(counts().retried()).isEqualTo(1);
  }

  @Test
  void aReturnedJobIsNotCharged() {
    List<NewJob> jobs = plain(3);
    store.enqueue(QUEUE, PLENTY, jobs);
    long owner = store.join("n1", LONG_LEASE);
    List<ClaimedJob> claimed = claim(owner, 2);
    assertThat(complete(Completion.returned(claimed.get(0), 0))).isTrue();
    ClaimedJob again = claim(owner, 1).get(0);
    assertThat(again.id()).as("it is the first again").isEqualTo(jobs.get(0).id());
    assertThat(again.attempt()).isEqualTo(1);
    assertThat(complete(Completion.returned(claimed.get(0), 0))).as("I3, same attempt").isFalse();
    assertThat(counts().returned()).isEqualTo(1);
  }

  @Test
  void anEarlyStartIsImpossible() {
    enqueue(job().delay(400).build());
    NewJob now = plain();
    enqueue(now);
    long owner = store.join("n1", LONG_LEASE);
    assertThat(ids(claim(owner, 5))).containsExactly(now.id());
    assertThat(claim(owner, 5)).isEmpty();
    pass(Duration.ofMillis(450));
    assertThat(claim(owner, 5)).hasSize(1);
  }

  @Test
  void aDeadLetterKeepsItsReasonAndCanBeReplayed() {
    NewJob job = plain();
    enqueue(job);
    long owner = store.join("n1", LONG_LEASE);
    complete(Completion.dead(claim(owner, 1).get(0), DeadReason.HANDLER, "no such\nuser"));
    assertThat(claim(owner, 1)).isEmpty();

    List<DeadLetter> letters = store.deadLetters(QUEUE, 10);
    assertThat(letters).hasSize(1);
    DeadLetter letter = letters.get(0);
    assertThat(letter.id()).isEqualTo(job.id());
    assertThat(letter.type()).isEqualTo(TYPE);
    assertThat(letter.reason()).isEqualTo(DeadReason.HANDLER);
    assertThat(letter.error()).isEqualTo("no such\nuser");
    assertThat(letter.attempts()).isEqualTo(1);

    assertThat(store.replay(job.id())).isTrue();
    assertThat(store.replay(job.id())).isFalse();
    assertThat(store.deadLetters(QUEUE, 10)).isEmpty();
    ClaimedJob replayed = claim(owner, 1).get(0);
    assertThat(replayed.attempt()).isEqualTo(1);
    assertThat((byte[]) replayed.payload()).isEqualTo((byte[]) job.payload());
    complete(Completion.dead(replayed, DeadReason.HANDLER, ""));
    assertThat(store.deleteDead(job.id())).isTrue();
    assertThat(store.deleteDead(job.id())).isFalse();
    QueueCounts counts = counts();
    assertThat(counts.dead()).isEqualTo(2);
    assertThat(counts.replayed()).isEqualTo(1);
  }

  @Test
  void listsTheNewestDeadLetters() {
    long owner = store.join("n1", LONG_LEASE);
    for (int i = 0; i < 5; i++) {
      enqueue(plain());
      complete(Completion.dead(claim(owner, 1).get(0), DeadReason.HANDLER, "e" + i));
    }
    assertThat(store.deadLetters(QUEUE, 2))
        .extracting(DeadLetter::error)
        .containsExactly("e4", "e3");
    assertThat(store.deadLetters("empty", 2)).isEmpty();
  }

  @Test
  void jobsOfAnExpiredLeaseAreRescuedAndItsCompletionsChangeNothing() {
    List<NewJob> jobs = plain(3);
    store.enqueue(QUEUE, PLENTY, jobs);
    long frozen = store.join("frozen", LEASE);
    List<ClaimedJob> held = claim(frozen, 3);
    long other = store.join("other", LONG_LEASE);
    assertThat(store.maintain(3, KEEP).rescued()).as("the lease runs").isZero();
    pass(LEASE.plusMillis(100));
    assertThat(claim(other, 3)).as("until somebody looks").isEmpty();

    Maintained done = store.maintain(3, KEEP);

    assertThat(done.rescued()).isEqualTo(3);
    assertThat(done.dead()).isZero();
    List<ClaimedJob> again = claim(other, 3);
    assertThat(ids(again)).isEqualTo(idsOf(jobs));
    assertThat(again).extracting(ClaimedJob::crashes).containsOnly(1);
    assertThat(again).extracting(ClaimedJob::attempt).as("crashes count apart").containsOnly(1);

    StepReply late = store.step(frozen, held.stream().map(Completion::done).toList(), null);
    assertThat(late.accepted()).as("I3").containsOnly(false);
    assertThat(late.fenced()).isTrue();
    assertThat(store.beat(frozen, LEASE).fenced()).isTrue();
    enqueue(plain());
    assertThat(claim(frozen, TYPES, normal(1)).claimed()).as("a fenced node gets none").isEmpty();
    for (ClaimedJob job : again) {
      assertThat(complete(Completion.done(job))).isTrue();
    }
    assertThat(counts().done()).isEqualTo(3);
  }

  @Test
  void aHeartbeatKeepsTheJobs() {
    enqueue(plain());
    long owner = store.join("n1", LEASE);
    ClaimedJob job = claim(owner, 1).get(0);
    for (int i = 0; i < 4; i++) {
      pass(LEASE.dividedBy(4));
      assertThat(store.beat(owner, Duration.ofSeconds(2)).fenced()).isFalse();
      assertThat(store.maintain(3, KEEP).rescued()).isZero();
    }
    assertThat(complete(Completion.done(job))).isTrue();
  }

  @Test
  void aJobThatKillsItsNodesBecomesADeadLetter() {
    NewJob poison = plain();
    enqueue(poison);
    for (int crash = 1; crash <= 3; crash++) {
      long owner = store.join("n" + crash, Duration.ofMillis(100));
      assertThat(claim(owner, 1)).hasSize(1);
      pass(Duration.ofMillis(150));
      assertThat(store.maintain(2, KEEP).dead()).isEqualTo(crash == 3 ? 1 : 0);
    }
    DeadLetter letter = store.deadLetters(QUEUE, 1).get(0);
    assertThat(letter.reason()).isEqualTo(DeadReason.CRASHES);
    assertThat(letter.crashes()).isEqualTo(3);
    QueueCounts counts = counts();
    assertThat(counts.rescued()).isEqualTo(3);
    assertThat(counts.crashed()).isEqualTo(1);
    assertThat(counts.dead()).isEqualTo(1);
  }

  @Test
  void aUniqueKeyIsTakenUntilItsJobEnded() {
    NewJob first = job().unique("report", 0).build();
    enqueue(first);
    assertThat(enqueue(job().unique("report", 0).build()))
        .containsExactly(Stored.duplicateOf(first.id()));
    assertThat(enqueue(job().unique("other", 0).build())).containsExactly(Stored.ACCEPTED);
    long owner = store.join("n1", LONG_LEASE);
    ClaimedJob job = claim(owner, 1).get(0);
    complete(Completion.retry(job, 0, "failed"));
    assertThat(enqueue(job().unique("report", 0).build()).get(0).kind())
        .isEqualTo(Stored.Kind.DUPLICATE);
    complete(Completion.done(claim(owner, 1).get(0)));
    assertThat(enqueue(job().unique("report", 0).build())).containsExactly(Stored.ACCEPTED);
  }

  @Test
  void aUniqueWindowOutlivesItsJob() {
    NewJob first = job().unique("report", 500).build();
    enqueue(first);
    long owner = store.join("n1", LONG_LEASE);
    complete(Completion.done(claim(owner, 1).get(0)));
    assertThat(enqueue(job().unique("report", 500).build()))
        .containsExactly(Stored.duplicateOf(first.id()));
    pass(Duration.ofMillis(550));
    assertThat(enqueue(job().unique("report", 500).build())).containsExactly(Stored.ACCEPTED);
  }

  @Test
  void jobsOfAKeyRunInOrderAndOneAtATime() {
    List<NewJob> first = List.of(job().key("a", 1).build(), job().key("a", 1).build());
    NewJob other = job().key("b", 1).build();
    NewJob free = plain();
    store.enqueue(QUEUE, PLENTY, List.of(first.get(0), first.get(1), other, free));
    long owner = store.join("n1", LONG_LEASE);
    List<ClaimedJob> claimed = claim(owner, 10);
    assertThat(ids(claimed))
        .as("I4")
        .containsExactlyInAnyOrder(first.get(0).id(), other.id(), free.id());
    ClaimedJob head =
        claimed.stream().filter(job -> job.id().equals(first.get(0).id())).findFirst().get();
    complete(Completion.retry(head, 200, "failed"));
    assertThat(claim(owner, 10)).as("a retry keeps its place").isEmpty();
    pass(Duration.ofMillis(250));
    List<ClaimedJob> again = claim(owner, 10);
    assertThat(ids(again)).containsExactly(first.get(0).id());
    complete(Completion.done(again.get(0)));
    assertThat(ids(claim(owner, 10))).containsExactly(first.get(1).id());
  }

  @Test
  void asManyJobsOfAKeyRunAsItsTypeAllows() {
    List<NewJob> jobs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      jobs.add(job().key("tenant", 2).build());
    }
    store.enqueue(QUEUE, PLENTY, jobs);
    long owner = store.join("n1", LONG_LEASE);
    List<ClaimedJob> two = claim(owner, 10);
    assertThat(ids(two)).isEqualTo(idsOf(jobs.subList(0, 2)));
    complete(Completion.dead(two.get(0), DeadReason.HANDLER, ""));
    assertThat(ids(claim(owner, 10))).containsExactly(jobs.get(2).id());
    assertThat(store.cancel(jobs.get(3).id())).isTrue();
    complete(Completion.done(two.get(1)));
    assertThat(ids(claim(owner, 10))).containsExactly(jobs.get(4).id());
  }

  @Test
  void aFullQueueTakesNoMore() {
    assertThat(store.enqueue(QUEUE, 3, plain(5)))
        .extracting(Stored::kind)
        .containsExactly(
            Stored.Kind.ACCEPTED,
            Stored.Kind.ACCEPTED,
            Stored.Kind.ACCEPTED,
            Stored.Kind.FULL,
            Stored.Kind.FULL);
    assertThat(store.enqueue("other", 3, plain(3)))
        .extracting(Stored::kind)
        .containsOnly(Stored.Kind.ACCEPTED);
    long owner = store.join("n1", LONG_LEASE);
    assertThat(claim(owner, 1)).hasSize(1);
    assertThat(store.enqueue(QUEUE, 3, plain(2)))
        .extracting(Stored::kind)
        .containsExactly(Stored.Kind.ACCEPTED, Stored.Kind.FULL);
  }

  @Test
  void aCancelledJobNeverStartsAndARunningOneIsToldWithTheHeartbeat() {
    NewJob waiting = plain();
    NewJob delayed = job().delay(60_000).build();
    enqueue(waiting, delayed);
    long owner = store.join("n1", LONG_LEASE);
    ClaimedJob running = claim(owner, 1).get(0);
    assertThat(store.beat(owner, LONG_LEASE).cancelled()).isEmpty();
    assertThat(store.cancel(running.id())).isTrue();
    assertThat(store.beat(owner, LONG_LEASE).cancelled()).containsExactly(running.id());
    assertThat(store.cancel(delayed.id())).isTrue();
    assertThat(store.cancel(delayed.id())).isFalse();
    assertThat(complete(Completion.cancelled(running))).isTrue();
    QueueCounts counts = counts();
    assertThat(counts.cancelled()).isEqualTo(1);
    assertThat(counts.removed()).isEqualTo(1);
  }

  @Test
  void aClaimWhoseReplyWasLostIsGivenBack() {
    store.enqueue(QUEUE, PLENTY, plain(4));
    long owner = store.join("n1", LONG_LEASE);
    List<ClaimedJob> known = claim(owner, 2);
    List<ClaimedJob> unknown = claim(owner, 2);
    store.disown(owner, claims);
    store.disown(owner, claims);
    assertThat(complete(Completion.done(unknown.get(0)))).as("I3").isFalse();
    assertThat(complete(Completion.done(known.get(0)))).isTrue();
    List<ClaimedJob> again = claim(owner, 4);
    assertThat(ids(again)).isEqualTo(ids(unknown));
    assertThat(again).extracting(ClaimedJob::attempt).containsOnly(1);
  }

  @Test
  void aNodeThatLeavesGivesItsJobsBackUncharged() {
    store.enqueue(QUEUE, PLENTY, plain(3));
    long owner = store.join("n1", LONG_LEASE);
    List<ClaimedJob> held = claim(owner, 3);
    store.leave(owner);
    List<ClaimedJob> again = claim(store.join("n2", LONG_LEASE), 3);
    assertThat(ids(again)).isEqualTo(ids(held));
    assertThat(again).extracting(ClaimedJob::crashes).containsOnly(0);
    assertThat(complete(Completion.done(held.get(0)))).as("I3").isFalse();
  }

  @Test
  void applicationsDoNotSeeEachOther() {
    JobStore staging = open("staging-" + APPLICATIONS.incrementAndGet());
    try {
      NewJob mine = plain();
      enqueue(mine);
      long dying = store.join("n1", Duration.ofMillis(100));
      assertThat(claim(dying, 1)).hasSize(1);
      NewJob theirs = plain();
      staging.enqueue(QUEUE, PLENTY, List.of(theirs));
      pass(Duration.ofMillis(150));
      assertThat(staging.maintain(3, KEEP).rescued()).isZero();
      long owner = staging.join("n1", LONG_LEASE);
      ClaimRequest all = new ClaimRequest(QUEUE, 1, TYPES, normal(10));
      assertThat(ids(staging.step(owner, List.of(), all).claimed())).containsExactly(theirs.id());
      assertThat(staging.cancel(mine.id())).isFalse();
      assertThat(staging.counts(true).get(QUEUE).enqueued()).isEqualTo(1);
      assertThat(store.maintain(3, KEEP).rescued()).isEqualTo(1);
    } finally {
      staging.close();
    }
  }

  @Test
  void deadLettersAreKeptForTheirTime() {
    enqueue(plain());
    long owner = store.join("n1", LONG_LEASE);
    complete(Completion.dead(claim(owner, 1).get(0), DeadReason.HANDLER, ""));
    assertThat(store.maintain(3, KEEP).purged()).isZero();
    pass(Duration.ofMillis(1_100));
    assertThat(store.maintain(3, Duration.ofSeconds(1)).purged()).isEqualTo(1);
    assertThat(store.deadLetters(QUEUE, 10)).isEmpty();
  }

  @Test
  void aRandomHistoryLosesNothing() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<ClaimedJob> held = new ArrayList<>();
    long owner = store.join("n1", LONG_LEASE);
    for (int i = 0; i < 120; i++) {
      switch (random.nextInt(4)) {
        case 0 -> {
          Samples.Sample next = job().priority(Priority.of(random.nextInt(4)));
          enqueue(random.nextBoolean() ? next.build() : next.key("k" + i % 3, 1).build());
        }
        case 1 -> held.addAll(claim(owner, 1 + random.nextInt(3)));
        default -> {
          Collections.shuffle(held, random);
          if (!held.isEmpty()) {
            ClaimedJob job = held.remove(0);
            Completion how =
                switch (random.nextInt(4)) {
                  case 0 -> Completion.retry(job, 0, "failed");
                  case 1 -> Completion.returned(job, 0);
                  case 2 -> Completion.dead(job, DeadReason.HANDLER, "");
                  default -> Completion.done(job);
                };
            assertThat(complete(how)).as("seed %s", seed).isTrue();
          }
        }
      }
    }
    AuditReport audit = new AuditReport(store.counts(true));
    assertThat(audit.holds()).as("seed %s: %s", seed, audit).isTrue();
    assertThat(audit.total().inFlight()).isEqualTo(held.size());
  }
}
