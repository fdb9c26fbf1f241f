package io.perfkit.jobs;

import static io.perfkit.jobs.Samples.QUEUE;
import static io.perfkit.jobs.Samples.TYPES;
import static io.perfkit.jobs.Samples.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Nodes that enqueue, claim, complete, freeze, wake and die, one step at a time in an order drawn
 * from a seed, on one store under a virtual clock. Throws an {@link AssertionError} at the first
 * broken invariant.
 */
final class StoreSimulation {
  private static final long LEASE_MILLIS = 1_000;
  private static final int NODES = 3;
  private static final int STEPS = 80;
  private static final int MAX_CRASHES = 2;

  private final Random random;
  private final Time time;
  private final JobStore store;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Node> corpses = new ArrayList<>();
  private final Map<JobId, Truth> truths = new HashMap<>();
  private long claims;

  /** Clocks of the run: the true one, and how far that of the node that acts now is off. */
  static final class Time {
    long millis = 1_000_000;
    long skewMillis;

    long nanos() {
      return millis * 1_000_000;
    }

    /** What a store would see that took the time of its client. */
    long clientNanos() {
      return (millis + skewMillis) * 1_000_000;
    }
  }

  /** What must be true of a job. */
  private static final class Truth {
    int ends;
    long notBefore;
    int crashes;

    Truth(NewJob job, long now) {
      this.notBefore = now + job.delayMillis();
    }
  }

  private static final class Node {
    final long skewMillis;
    long owner;
    long leaseUntil;
    boolean frozen;
    final List<ClaimedJob> held = new ArrayList<>();

    Node(long skewMillis) {
      this.skewMillis = skewMillis;
    }
  }

  /** Makes the store of a run. */
  interface Stores {
    JobStore create(Time time);
  }

  private StoreSimulation(long seed, Stores stores) {
    random = new Random(seed);
    time = new Time();
    store = stores.create(time);
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node((i - 1) * 600_000L));
    }
  }

  static void run(long seed, Stores stores) {
    try {
      new StoreSimulation(seed, stores).run();
    } catch (AssertionError broken) {
      throw new AssertionError("seed " + seed + ": " + broken.getMessage(), broken);
    }
  }

  private void run() {
    nodes.forEach(this::join);
    for (int i = 0; i < STEPS; i++) {
      step(nodes.get(random.nextInt(NODES)));
    }
    settle();
  }

  private void step(Node node) {
    time.skewMillis = node.skewMillis;
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> enqueue();
      case 3, 4 -> claim(node);
      case 5, 6, 7 -> complete(node);
      case 8 -> beat(node);
      case 9 -> maintain();
      case 10 -> time.millis += random.nextInt(700);
      default -> {
        if (random.nextInt(4) == 0) {
          kill(node);
        } else {
          node.frozen = !node.frozen;
        }
      }
    }
  }

  /** The process dies and is started again; its incarnation stays until its lease is over. */
  private void kill(Node node) {
    Node corpse = new Node(0);
    corpse.owner = node.owner;
    corpse.leaseUntil = node.leaseUntil;
    corpse.held.addAll(node.held);
    corpses.add(corpse);
    node.held.clear();
    node.frozen = false;
    join(node);
  }

  private void join(Node node) {
    time.skewMillis = node.skewMillis;
    node.owner = store.join("node", Duration.ofMillis(LEASE_MILLIS));
    node.leaseUntil = time.millis + LEASE_MILLIS;
  }

  private void enqueue() {
    Samples.Sample sample = job().priority(Priority.of(random.nextInt(4)));
    if (random.nextInt(3) == 0) {
      sample.key("key-" + random.nextInt(2), 1);
    }
    if (random.nextInt(4) == 0) {
      sample.delay(random.nextInt(1_500));
    }
    NewJob job = sample.build();
    if (store.enqueue(QUEUE, 1_000, List.of(job)).get(0).kind() == Stored.Kind.ACCEPTED) {
      truths.put(job.id(), new Truth(job, time.millis));
    }
  }

  private void claim(Node node) {
    if (node.frozen) {
      return;
    }
    ClaimRequest claim =
        new ClaimRequest(QUEUE, ++claims, TYPES, Samples.normal(1 + random.nextInt(3)));
    StepReply reply = store.step(node.owner, List.of(), claim);
    if (reply.fenced()) {
      lost(node);
      return;
    }
    for (ClaimedJob job : reply.claimed()) {
      Truth truth = truths.get(job.id());
      check(truth.ends == 0, "claimed after it ended: " + job.id());
      check(time.millis >= truth.notBefore, "claimed before it was due: " + job.id());
      check(job.crashes() == truth.crashes, "crashes of " + job.id());
      node.held.add(job);
    }
    keysApart();
  }

  /** I4: no two nodes that are alive own jobs of one key. */
  private void keysApart() {
    Set<String> owned = new HashSet<>();
    for (Node node : nodes) {
      if (time.millis < node.leaseUntil) {
        for (ClaimedJob job : node.held) {
          if (job.key() != null && job.owner() == node.owner) {
            check(owned.add(job.key()), "two owners of key " + job.key());
          }
        }
      }
    }
  }

  /** Also a node that was frozen past its lease: it does not know yet. */
  private void complete(Node node) {
    if (node.held.isEmpty() || (node.frozen && random.nextBoolean())) {
      return;
    }
    ClaimedJob job = node.held.remove(random.nextInt(node.held.size()));
    long delay = random.nextInt(3) == 0 ? random.nextInt(1_000) : 0;
    Completion completion =
        switch (random.nextInt(6)) {
          case 0 -> Completion.retry(job, delay, "failed");
          case 1 -> Completion.returned(job, delay);
          case 2 -> Completion.dead(job, DeadReason.HANDLER, "");
          default -> Completion.done(job);
        };
    StepReply reply = store.step(job.owner(), List.of(completion), null);
    if (reply.accepted().get(0)) {
      Truth truth = truths.get(job.id());
      check(job.crashes() == truth.crashes, "I3: a rescued claim completed " + job.id());
      if (completion.ends()) {
        check(++truth.ends == 1, "ended twice: " + job.id());
      } else {
        truth.notBefore = time.millis + completion.delayMillis();
      }
    } else {
      check(
          job.owner() != node.owner || time.millis >= node.leaseUntil,
          "refused while the lease runs: " + job.id());
    }
    if (reply.fenced() && job.owner() == node.owner) {
      lost(node);
    }
  }

  private void beat(Node node) {
    if (node.frozen) {
      return;
    }
    if (store.beat(node.owner, Duration.ofMillis(LEASE_MILLIS)).fenced()) {
      lost(node);
    } else {
      node.leaseUntil = time.millis + LEASE_MILLIS;
    }
  }

  private void lost(Node node) {
    check(time.millis >= node.leaseUntil, "fenced while the lease runs");
    join(node); // keeps what it held: its completions must fail
  }

  private void maintain() {
    Map<String, QueueCounts> before = store.counts(true);
    store.maintain(MAX_CRASHES, Duration.ofDays(1));
    if (before.isEmpty()) {
      return;
    }
    corpses.stream().filter(node -> time.millis >= node.leaseUntil).forEach(this::crashed);
    corpses.removeIf(node -> time.millis >= node.leaseUntil);
    for (Node node : nodes) {
      if (time.millis >= node.leaseUntil) {
        crashed(node);
      } else {
        check(!store.step(node.owner, List.of(), null).fenced(), "rescued while the lease runs");
      }
    }
  }

  /** Each job that the dead incarnation owned has crashed once more. */
  private void crashed(Node node) {
    for (ClaimedJob job : node.held) {
      Truth truth = truths.get(job.id());
      if (job.owner() == node.owner && job.crashes() == truth.crashes && truth.ends == 0) {
        truth.crashes++;
        if (truth.crashes > MAX_CRASHES) {
          truth.ends++;
        }
      }
    }
  }

  private void settle() {
    QueueCounts counts = store.counts(true).getOrDefault(QUEUE, QueueCounts.ZERO);
    check(counts.unaccountedJobs() == 0, "I1: " + counts);
    check(counts.unaccountedClaims() == 0, "I2: " + counts);
    check(counts.enqueued() == truths.size(), "stored " + truths.size() + ": " + counts);
    long ended = counts.done() + counts.dead() + counts.discarded();
    long known = truths.values().stream().mapToLong(truth -> truth.ends).sum();
    check(ended >= known, "ended " + known + " as its nodes know: " + counts);
    time.millis += 10 * LEASE_MILLIS;
    time.skewMillis = 0;
    store.maintain(MAX_CRASHES, Duration.ofDays(1));
    finishAll();
    QueueCounts last = store.counts(true).getOrDefault(QUEUE, QueueCounts.ZERO);
    check(last.waiting() == 0 && last.inFlight() == 0, "jobs that nobody gets: " + last);
    check(last.done() + last.dead() == truths.size(), "I1 at the end: " + last);
    check(last.unaccountedClaims() == 0, "I2 at the end: " + last);
  }

  private void finishAll() {
    long owner = store.join("last", Duration.ofDays(1));
    for (int i = 0; i < 1_000; i++) {
      ClaimRequest claim = new ClaimRequest(QUEUE, ++claims, TYPES, Samples.normal(50));
      List<ClaimedJob> jobs = store.step(owner, List.of(), claim).claimed();
      if (jobs.isEmpty()) {
        return;
      }
      store.step(owner, jobs.stream().map(Completion::done).toList(), null);
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
