package io.perfkit.ratelimit;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes one command of what many threads ask: a thread that finds a lane free sends its own request
 * at once; what comes while every lane is in use piles up, and the first of the pile then asks for
 * all of it, for equal requests in one go. There is no timer: load alone makes the batch. Thread
 * safe.
 */
final class Crowd {

  /* Invariants
   * C1  nobody is left in the pile: a member is there before it looks for a free lead, and a
   *     thread that gives one up looks at the pile after it. One of the two sees the other.
   * C2  a member that waits is answered, or fails, or leads, or has gone: each of these once.
   * C3  no member waits longer than the budget before it leads. */

  /** Bytes from which on nothing is added to a command: what is bigger has to leave the lanes. */
  private static final int BYTES_MAX = 14_000;

  /**
   * What a rule takes beside its key, about: the key's head, the numbers, what the protocol adds.
   */
  private static final int RULE_BYTES = 150;

  private final Queue<Member> pile = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger leads;
  private final Sender sender;
  private final Witness witness;
  private final long waitingMax;
  private final long budgetNanos;
  private final LongSupplier nanos = System::nanoTime;

  Crowd(Sender sender, Witness witness, GuardConfig config) {
    this.sender = sender;
    this.witness = witness;
    this.leads = new AtomicInteger(config.lanes());
    this.waitingMax = (long) config.maxWaiting() * config.lanes();
    this.budgetNanos = config.budget().toNanos();
  }

  /** Asks Redis. */
  interface Sender {
    /**
     * Asks for all shares as one command, one after the other.
     *
     * @return what came of each, in their order
     * @throws RedisException if Redis can't be asked
     */
    List<Outcome> send(List<Share> shares);
  }

  /** Takes note of requests that were admitted, before their threads hear of it. */
  interface Witness {
    void admitted(CheckRequest check, int times);
  }

  /**
   * Equal requests.
   *
   * @param times how many there are; 0 for one that is not to be charged
   */
  record Share(CheckRequest check, int times) {}

  /**
   * What came of equal requests.
   *
   * @param admitted how many were
   * @param result after the last one that was admitted; if none was, that of a refusal
   */
  record Outcome(int admitted, CheckResult result) {}

  private enum Stage {
    WAITS,
    LEADS,
    FAILED,
    GONE
  }

  /** A request and the thread that waits for its answer. */
  private static final class Member {
    private final CheckRequest check;
    private final boolean charge;
    private final Thread thread = Thread.currentThread();

    /** A stage, or the standing that is the answer. */
    private final AtomicReference<Object> state = new AtomicReference<>(Stage.WAITS);

    Member(CheckRequest check, boolean charge) {
      this.check = check;
      this.charge = charge;
    }

    boolean waits() {
      return state.get() == Stage.WAITS;
    }

    boolean end(Object how) {
      boolean first = state.compareAndSet(Stage.WAITS, how);
      if (first && thread != Thread.currentThread()) {
        LockSupport.unpark(thread);
      }
      return first;
    }

    /** Permits that are held have an id for each request, so those differ from all others. */
    boolean hasEquals() {
      return charge && !check.holds();
    }
  }

  /** Members whose requests are equal, and the answers of the first of them. */
  private static final class Group {
    private final List<Member> members = new ArrayList<>(1);
    private final List<CheckResult> answers = new ArrayList<>(1);
    private int admitted;

    Group(Member first) {
      members.add(first);
    }

    Share open() {
      Member first = members.get(0);
      return new Share(first.check, first.charge ? members.size() - answers.size() : 0);
    }

    /** Null if Redis could not be asked. */
    @Nullable CheckResult answer(int member) {
      return member < answers.size() ? answers.get(member) : null;
    }

    boolean isOpen() {
      return answers.size() < members.size();
    }

    /** A refusal is the answer of all that have none. */
    void answer(Outcome outcome) {
      int end = outcome.admitted() == 0 ? members.size() : answers.size() + outcome.admitted();
      while (answers.size() < end) {
        answers.add(answers.isEmpty() ? outcome.result() : outcome.result().another());
      }
      admitted += outcome.admitted();
    }
  }

  /** The decision, or null if Redis could not be asked in time. */
  @Nullable CheckResult decide(CheckRequest check, boolean charge) {
    Member me = new Member(check, charge);
    if (takeLead()) {
      return lead(me);
    }
    if (waiting.incrementAndGet() > waitingMax) {
      waiting.decrementAndGet();
      return null;
    }
    pile.add(me);
    if (takeLead()) { // C1
      handOver();
    }
    return await(me);
  }

  /** How many callers wait for a lead, their own or that of another one. */
  int waiting() {
    return waiting.get();
  }

  private boolean takeLead() {
    int free = leads.get();
    while (free > 0) {
      if (leads.compareAndSet(free, free - 1)) {
        return true;
      }
      free = leads.get();
    }
    return false;
  }

  /** Passes the lead on to a member that waits, or gives it up. */
  private void handOver() {
    do {
      for (Member next = poll(); next != null; next = poll()) {
        if (next.end(Stage.LEADS)) {
          return;
        }
      }
      leads.incrementAndGet();
    } while (!pile.isEmpty() && takeLead()); // C1
  }

  private @Nullable Member poll() {
    Member next = pile.poll();
    if (next != null) {
      waiting.decrementAndGet();
    }
    return next;
  }

  private @Nullable CheckResult await(Member me) {
    long start = nanos.getAsLong();
    while (true) {
      Object state = me.state.get();
      if (state instanceof CheckResult result) {
        return result;
      }
      if (state == Stage.LEADS) {
        return lead(me);
      }
      if (state == Stage.FAILED) {
        return null;
      }
      long left = budgetNanos - (nanos.getAsLong() - start);
      if (left > 0 && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(this, left);
      } else if (me.state.compareAndSet(Stage.WAITS, Stage.GONE)) { // C3
        return null;
      }
    }
  }

  private @Nullable CheckResult lead(Member me) {
    List<Group> batch = batchOf(me);
    try {
      send(batch);
    } catch (RedisException e) {
      return batch.get(0).answer(0);
    } finally {
      handOver(); // first, so that the next command is under way while members of this one wake up
      end(batch);
    }
    return batch.get(0).answer(0);
  }

  private List<Group> batchOf(Member leader) {
    Group own = new Group(leader);
    if (pile.isEmpty()
        || Thread.currentThread().isInterrupted()) { // then Redis is not asked at all
      return List.of(own);
    }
    List<Group> batch = new ArrayList<>();
    Map<CheckRequest, Group> known = new HashMap<>();
    batch.add(own);
    if (leader.hasEquals()) {
      known.put(leader.check, own);
    }
    int bytes = bytes(leader.check);
    while (bytes < BYTES_MAX) {
      Member next = poll();
      if (next == null) {
        break;
      }
      Group equal = next.hasEquals() ? known.get(next.check) : null;
      if (!next.waits()) {
        continue;
      }
      if (equal != null) {
        equal.members.add(next);
      } else {
        Group group = new Group(next);
        batch.add(group);
        bytes += bytes(next.check);
        if (next.hasEquals()) {
          known.put(next.check, group);
        }
      }
    }
    return batch;
  }

  private static int bytes(CheckRequest check) {
    int bytes = 0;
    for (int i = 0; i < check.size(); i++) {
      bytes += check.key(i).length() + RULE_BYTES;
    }
    return bytes;
  }

  /** Asks until all are answered: again for those of whom some were admitted and not all. */
  private void send(List<Group> batch) {
    List<Group> open = batch;
    while (!open.isEmpty()) {
      List<Share> shares = new ArrayList<>(open.size());
      for (Group group : open) {
        shares.add(group.open());
      }
      List<Outcome> outcomes = sender.send(shares);
      List<Group> still = new ArrayList<>(0);
      for (int i = 0; i < open.size(); i++) {
        Group group = open.get(i);
        group.answer(outcomes.get(i));
        if (group.isOpen()) {
          still.add(group);
        }
      }
      open = still;
    }
  }

  private void end(List<Group> batch) {
    for (Group group : batch) {
      if (group.admitted > 0) {
        witness.admitted(group.members.get(0).check, group.admitted);
      }
      for (int i = 0; i < group.members.size(); i++) {
        CheckResult answer = group.answer(i);
        group.members.get(i).end(answer == null ? Stage.FAILED : answer);
      }
    }
  }
}
