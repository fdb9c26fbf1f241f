package io.perfkit.ratelimit;

import io.perfkit.redis.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes one command of equal requests that meet: who asks first sends his own at once; who asks the
 * same meanwhile waits, and the first of those then asks for all of them. There is no timer, and
 * requests that differ never wait for each other. Thread safe.
 */
final class Crowds {

  /* Invariants
   * C1  one thread at a time leads the requests that are equal; whoever ends leading hands over to one
   *     who waits, or leaves nobody behind.
   * C2  who waits is answered, or fails, or leads, or has gone: each of these once.
   * C3  nobody waits longer than the budget. */
  private static final int WAITING_MAX = 1_024;
  private static final Object GONE = new Object();
  private static final Object FAILED = new Object();

  /** Who waits behind the request that is under way; changed inside of compute only. */
  private final ConcurrentMap<Ask, List<Member>> waiting = new ConcurrentHashMap<>();

  private final Sender sender;
  private final long budgetNanos;
  private final LongSupplier nanos = System::nanoTime;

  Crowds(Sender sender, Duration budget) {
    this.sender = sender;
    this.budgetNanos = budget.toNanos();
  }

  /** Asks for equal requests together. */
  interface Sender {
    /**
     * Asks {@code times} times for the same, as one command.
     *
     * @throws RedisException if Redis can't be asked
     */
    Outcome send(Ask ask, int times);
  }

  /**
   * What came of it.
   *
   * @param admitted how many were; if none, {@code standing} is that of a refusal
   * @param standing after the last one that was admitted
   */
  record Outcome(int admitted, Standing standing) {}

  /** A thread that waits: null, a standing, the members to lead, {@link #FAILED} or gone. */
  private static final class Member {
    private final Thread thread = Thread.currentThread();
    private final AtomicReference<@Nullable Object> state = new AtomicReference<>();

    boolean end(Object how) {
      boolean first = state.compareAndSet(null, how);
      if (first) {
        LockSupport.unpark(thread);
      }
      return first;
    }
  }

  /** The members that one of them leads, himself first. */
  private record Batch(List<Member> members) {}

  /** The decision, or null if Redis could not be asked in time. */
  @Nullable Standing decide(Ask ask) {
    Member me = new Member();
    waiting.compute(
        ask,
        (same, others) -> {
          if (others == null) { // C1
            me.state.set(new Batch(List.of(me)));
            return new ArrayList<>();
          }
          if (others.size() < WAITING_MAX) {
            others.add(me);
          } else {
            me.state.set(FAILED);
          }
          return others;
        });
    return await(ask, me);
  }

  /** Who waits for another's command now, more or less. */
  int waiting() {
    return waiting.values().stream().mapToInt(List::size).sum();
  }

  private @Nullable Standing await(Ask ask, Member me) {
    long start = nanos.getAsLong();
    while (true) {
      Object state = me.state.get();
      if (state instanceof Standing standing) {
        return standing;
      }
      if (state instanceof Batch batch) {
        return lead(ask, batch.members());
      }
      if (state == FAILED) {
        return null;
      }
      long left = budgetNanos - (nanos.getAsLong() - start);
      if (left > 0 && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(this, left);
      } else if (me.state.compareAndSet(null, GONE)) { // C3
        return null;
      }
    }
  }

  private @Nullable Standing lead(Ask ask, List<Member> members) {
    Standing mine = null;
    int answered = 0;
    try {
      while (answered < members.size()) {
        int left = members.size() - answered;
        Outcome outcome = sender.send(ask, left);
        int times = outcome.admitted() == 0 ? left : outcome.admitted();
        for (int i = 0; i < times; i++) {
          Standing standing = outcome.standing().another();
          if (answered == 0) {
            mine = standing;
          } else {
            members.get(answered).end(standing);
          }
          answered++;
        }
      }
      return mine;
    } catch (RedisException e) {
      return mine;
    } finally {
      for (int i = Math.max(1, answered); i < members.size(); i++) {
        members.get(i).end(FAILED);
      }
      handOver(ask);
    }
  }

  private void handOver(Ask ask) { // C1
    List<Member> next = new ArrayList<>();
    do {
      next.clear();
      waiting.compute(
          ask,
          (same, members) -> {
            if (members == null || members.isEmpty()) {
              return null;
            }
            next.addAll(members);
            return new ArrayList<>();
          });
    } while (!next.isEmpty() && !someoneLeads(next));
  }

  /** False if all of them have gone. */
  private static boolean someoneLeads(List<Member> members) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).end(new Batch(members.subList(i, members.size())))) {
        return true;
      }
    }
    return false;
  }
}
