package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.GroupCommit.Room;
import io.perfkit.redis.GroupCommit.Successor;
import io.perfkit.redis.Waiter.Ended.Reason;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Group commit for requests to one Redis client, without a timer: a thread sends its own request at
 * once while fewer batches are under way than the guard has lanes. Later requests wait, and the
 * thread of the first one then sends all of them as one batch. Thread safe.
 *
 * @param <Q> a request
 * @param <A> its answer
 */
public final class Batcher<Q, A> {
  private final RedisGuard guard;
  private final Supplier<? extends Batch<Q, A>> batches;
  private final GroupCommit<Submission<Q, A>> group;

  private Batcher(RedisGuard guard, Supplier<? extends Batch<Q, A>> batches) {
    this.guard = requireNonNull(guard, "guard");
    this.batches = requireNonNull(batches, "batches");
    GuardConfig config = guard.config();
    this.group =
        new GroupCommit<>(
            config.lanes(),
            (long) config.maxWaiting() * config.lanes(),
            () -> Successor.FIRST_WAITER);
    guard.tend(group);
  }

  /**
   * A batcher that works while the guard is open. After that requests still form batches, but
   * sending these finds the guard closed.
   *
   * @param batches makes an empty batch
   */
  public static <Q, A> Batcher<Q, A> create(
      RedisGuard guard, Supplier<? extends Batch<Q, A>> batches) {
    return new Batcher<>(guard, batches);
  }

  /**
   * Requests that are sent together. Used by one thread at a time, in this order: the requests are
   * added, sent, and each is answered once.
   *
   * @param <Q> a request
   * @param <A> its answer
   */
  public interface Batch<Q, A> {
    /** Whether one more request may be added. Not asked before the first one. */
    boolean hasRoom();

    /** Adds a request. */
    void add(Q request);

    /**
     * Sends all requests and blocks until they are answered. An exception reaches the thread that
     * sends; the other threads get the answers that exist.
     */
    void send();

    /**
     * The answer of a request; null if it has none. Called after {@link #send()} returned or threw,
     * for each request in the order of {@link #add}.
     */
    @Nullable A answer(Q request);
  }

  /** A request that waits for its answer. */
  private static final class Submission<Q, A> extends Waiter {
    private final Q request;
    private @Nullable A answer; // W2

    Submission(Q request, long deadline) {
      super(deadline);
      this.request = request;
    }
  }

  /**
   * The answer to a request. Blocks while it waits, for at most the guard's budget, and then while
   * it is sent. An interrupt ends the wait; the flag stays set.
   *
   * @return null if too many requests wait, if the budget was spent or the thread interrupted while
   *     waiting, or if its batch has no answer; the request may have been sent even so
   */
  public @Nullable A submit(Q request) {
    Submission<Q, A> own = new Submission<>(request, guard.deadline());
    if (group.tryLead()) {
      return lead(own);
    }
    group.submit(own);
    if (!own.await()) {
      return lead(own);
    }
    return own.ended().reason() == Reason.ANSWERED ? own.answer : null;
  }

  /** How many requests wait to be sent. Costs nothing. */
  public int waiting() {
    return group.waiting();
  }

  private @Nullable A lead(Submission<Q, A> own) {
    Batch<Q, A> batch = null;
    List<Submission<Q, A>> members = List.of();
    try {
      long now = guard.nanos();
      if (!own.take(now)) {
        own.endUnsent(Reason.TIMED_OUT, null);
        return null;
      }
      batch = batches.get();
      batch.add(own.request);
      members = group.batch(own, now, new BatchRoom<>(batch));
      batch.send();
    } finally {
      group.handOver(); // N3
      if (batch != null) {
        end(members, batch);
      }
    }
    return own.answer;
  }

  private void end(List<Submission<Q, A>> members, Batch<Q, A> batch) {
    try {
      for (Submission<Q, A> member : members) {
        member.answer = batch.answer(member.request);
        member.endAnswered();
      }
    } catch (RuntimeException | Error e) {
      members.forEach(member -> member.endLost(Reason.DISCONNECTED, e));
      throw e;
    } finally {
      group.ended(members);
    }
  }

  private record BatchRoom<Q, A>(Batch<Q, A> batch) implements Room<Submission<Q, A>> {
    @Override
    public boolean isLeft() {
      return batch.hasRoom();
    }

    @Override
    public void add(Submission<Q, A> submission) {
      batch.add(submission.request);
    }
  }

  @Override
  public String toString() {
    return "Batcher[" + waiting() + " waiting, " + guard + "]";
  }
}
