package io.perfkit.redis;

import io.perfkit.redis.GroupCommit.Room;
import io.perfkit.redis.GroupCommit.Successor;
import io.perfkit.redis.Waiter.Ended.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * Some callers of one group commit, and what must hold of each call whatever the order of their
 * steps is. Only one thread runs at a time.
 */
public final class GroupCommitScenario implements Interleavings.Scenario {
  private static final long DEADLINE = 100;

  private final String name;
  private final Shape shape;
  private final GroupCommit<Call> group;
  private final List<Call> calls = new ArrayList<>();
  private final Stepped.Flag connected = new Stepped.Flag();
  private Thread connector;
  private boolean connecting;
  private int leading;
  private long now;

  /**
   * What happens in a scenario.
   *
   * @param each how many calls each caller makes
   * @param room how many calls fit into a batch
   * @param failing a caller whose own batches fail
   */
  private record Shape(
      int callers,
      int each,
      int leads,
      int maxWaiting,
      int room,
      String failing,
      boolean closes,
      boolean late,
      boolean interrupts,
      boolean connects) {}

  /**
   * @param shape callers, calls of each, leads, maxWaiting, room, and a caller whose batches fail
   *     or a dash; then what else happens
   */
  public GroupCommitScenario(String name, String shape) {
    this.name = name;
    List<String> words = List.of(shape.split(" "));
    List<Integer> numbers = words.stream().limit(5).map(Integer::valueOf).toList();
    this.shape =
        new Shape(
            numbers.get(0),
            numbers.get(1),
            numbers.get(2),
            numbers.get(3),
            numbers.get(4),
            words.get(5),
            words.contains("closes"),
            words.contains("late"),
            words.contains("interrupts"),
            words.contains("connects"));
    this.group = new GroupCommit<>(numbers.get(2), numbers.get(3), this::successor);
    if (!this.shape.connects()) {
      connected.set(true);
    }
  }

  private static final class Call extends Waiter {
    private final boolean fails;
    private final Thread thread = Thread.currentThread();
    private int sent;
    private boolean answer;
    private boolean failed;

    Call(boolean fails) {
      super(DEADLINE);
      this.fails = fails;
    }
  }

  private final class Places implements Room<Call> {
    private int left = shape.room() - 1;

    @Override
    public boolean isLeft() {
      return left > 0;
    }

    @Override
    public void add(Call call) {
      left--;
    }
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what + " (" + name + ", " + shape + ")");
    }
  }

  @Override
  public List<Runnable> threads() {
    List<Runnable> threads = new ArrayList<>();
    for (int i = 0; i < shape.callers(); i++) {
      boolean fails = shape.failing().equals(Integer.toString(i));
      threads.add(
          () -> {
            for (int call = 0; call < shape.each(); call++) {
              call(new Call(fails));
            }
          });
    }
    if (shape.closes()) {
      threads.add(
          () -> {
            group.close();
            if (group.tryLead()) {
              group.handOver();
            }
          });
    }
    if (shape.late()) {
      threads.add(
          () -> {
            group.endOverdue(now);
            now = DEADLINE;
            group.endOverdue(now);
          });
    }
    if (shape.interrupts()) {
      threads.add(
          () -> {
            Interleavings.step();
            if (!calls.isEmpty()) {
              calls.get(0).thread.interrupt();
              Interleavings.unpark(calls.get(0).thread);
            }
          });
    }
    if (shape.connects()) {
      threads.add(this::connect);
    } else if (shape.late()) {
      threads.add(this::keep);
    }
    return threads;
  }

  @Override
  public int daemons() {
    return shape.connects() || shape.late() ? 1 : 0;
  }

  private void connect() {
    connector = Thread.currentThread();
    while (true) {
      while (!connecting) {
        Interleavings.park();
      }
      connecting = false;
      connected.set(true);
      group.handOver();
    }
  }

  /** The guard's keeper, which comes again and again. */
  private void keep() {
    group.endOverdue(now);
    Interleavings.park();
  }

  private Successor successor() {
    if (group.isClosed()) {
      group.endQueued(Reason.CLOSED, null);
      return Successor.NOBODY;
    }
    if (connected.get()) {
      return Successor.FIRST_WAITER;
    }
    if (group.isEmpty()) {
      return Successor.NOBODY;
    }
    connecting = true;
    if (connector != null) {
      Interleavings.unpark(connector);
    }
    return Successor.OTHER_THREAD;
  }

  private void call(Call own) {
    calls.add(own);
    if (group.tryLead()) {
      if (connected.get()) {
        lead(own);
        return;
      }
      group.submit(own);
      group.handOver();
    } else {
      group.submit(own);
    }
    if (!own.await()) {
      lead(own);
    }
  }

  private void lead(Call own) {
    leading++;
    require(leading <= shape.leads(), "N1: " + leading + " lead");
    if (group.isClosed() || !own.take(now)) {
      own.endUnsent(group.isClosed() ? Reason.CLOSED : Reason.TIMED_OUT, null);
      leading--;
      group.handOver();
      return;
    }
    List<Call> batch = group.batch(own, now, new Places());
    require(batch.get(0) == own, "N3: a batch begins with another call");
    require(batch.size() <= shape.room(), "N5: a batch of " + batch.size());
    for (Call call : batch) {
      call.sent++;
      require(call.sent == 1, "N4: a call is in two batches");
    }
    Interleavings.step(); // under way
    leading--;
    group.handOver();
    for (Call call : batch) {
      if (own.fails) {
        call.failed = true;
        call.endLost(Reason.DISCONNECTED, new IllegalStateException("cut"));
      } else {
        call.answer = true;
        call.endAnswered();
      }
    }
    group.ended(batch);
  }

  @Override
  public void check() {
    require(calls.size() == shape.callers() * shape.each(), "a caller has gone");
    require(leading == 0 && !group.isLed(), "N1: it is led and nobody is there");
    require(group.isEmpty() && group.waiting() == 0, "N2: " + group.waiting() + " wait");
    require(group.endOverdue(Long.MAX_VALUE) == Long.MAX_VALUE, "N8: a batch is under way");
    for (Call call : calls) {
      Reason reason = call.ended().reason();
      boolean right =
          switch (reason) {
            case ANSWERED -> call.answer && !call.failed && call.sent == 1;
            case DISCONNECTED -> call.failed && !call.answer && call.sent == 1;
            case CLOSED -> shape.closes() && call.sent == 0;
            case QUEUE_FULL -> call.sent == 0 && shape.callers() - 1 > shape.maxWaiting();
            case TIMED_OUT -> shape.late() && call.ended().sent() == (call.sent == 1);
            case INTERRUPTED -> shape.interrupts() && call.ended().sent() == (call.sent == 1);
            default -> false;
          };
      require(right, "N4: " + call.ended() + ", sent " + call.sent + ", answer " + call.answer);
    }
  }
}
