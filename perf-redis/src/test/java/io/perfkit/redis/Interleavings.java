package io.perfkit.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs the threads of a scenario one at a time and switches between them only where they touch what
 * they share, which is what the classes of {@link Stepped} tell. Tries orders of these steps one
 * after the other: all of them in which a thread is interrupted at most so many times, or random
 * ones. What a run finds can be repeated, since it depends on its choices alone.
 */
public final class Interleavings implements AutoCloseable {

  /** Threads and what must hold when all have ended; new for each run. */
  public interface Scenario {
    List<Runnable> threads();

    /** Threads at the end of the list that may wait for ever. */
    int daemons();

    /** Throws an AssertionError if something does not hold. */
    void check();
  }

  /** A thread of the current run. */
  static final class Worker {
    private final Semaphore turn = new Semaphore(0);
    private @Nullable Thread thread;
    private boolean daemon;
    private boolean done;
    private boolean blocked;
    private boolean permit;

    /** Whether its last step was to add to a queue. */
    boolean added;
  }

  private static final class Aborted extends Error {
    private static final long serialVersionUID = 1;
  }

  private static final int MAX_STEPS = 5_000;
  private static final ThreadLocal<@Nullable Worker> CURRENT = new ThreadLocal<>();
  private static volatile @Nullable Interleavings running;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Semaphore over = new Semaphore(0);
  private final Stepped.Fault fault;

  /** Which of the possible threads went on at each step, and how many there were. */
  private final List<int[]> path = new ArrayList<>();

  private List<Worker> workers = List.of();
  private @Nullable Random random;
  private @Nullable AssertionError failure;
  private int preemptionsLeft;
  private int step;
  private int steps;
  private boolean aborted;

  /**
   * @param fault what is broken in this world
   */
  Interleavings(Stepped.Fault fault) {
    this.fault = fault;
    running = this;
  }

  static Interleavings running() {
    Interleavings current = running;
    if (current == null) {
      throw new IllegalStateException("Interleavings: must be running");
    }
    return current;
  }

  static boolean isBroken(Stepped.Fault fault) {
    return running().fault == fault;
  }

  /** The worker of the current thread; absent for a thread that prepares or checks. */
  static @Nullable Worker worker() {
    return CURRENT.get();
  }

  /**
   * Tries all orders in which running threads are interrupted at most {@code preemptions} times.
   *
   * @param maxRuns after which it gives up
   * @return how many there are
   */
  int all(int preemptions, int maxRuns, Function<String, Scenario> scenarios) {
    path.clear();
    random = null;
    for (int runs = 1; runs <= maxRuns; runs++) {
      run(preemptions, scenarios.apply("run " + runs));
      while (!path.isEmpty() && path.get(path.size() - 1)[0] == path.get(path.size() - 1)[1] - 1) {
        path.remove(path.size() - 1);
      }
      if (path.isEmpty()) {
        return runs;
      }
      path.get(path.size() - 1)[0]++;
    }
    throw new AssertionError("more than " + maxRuns + " orders");
  }

  /** Tries random orders. */
  void some(long seed, int runs, Function<String, Scenario> scenarios) {
    for (int i = 0; i < runs; i++) {
      path.clear();
      random = new Random(seed + i);
      run(Integer.MAX_VALUE, scenarios.apply("seed " + (seed + i)));
    }
  }

  private void run(int preemptions, Scenario scenario) {
    List<Runnable> bodies = scenario.threads();
    List<Worker> all = new ArrayList<>();
    for (int i = 0; i < bodies.size(); i++) {
      Worker worker = new Worker();
      worker.daemon = i >= bodies.size() - scenario.daemons();
      all.add(worker);
    }
    workers = all;
    failure = null;
    aborted = false;
    step = 0;
    steps = 0;
    preemptionsLeft = preemptions;
    for (int i = 0; i < all.size(); i++) {
      Worker worker = all.get(i);
      Runnable body = bodies.get(i);
      threads.execute(() -> work(worker, body));
    }
    next(null).turn.release();
    over.acquireUninterruptibly();
    AssertionError found = failure;
    if (found == null) {
      scenario.check();
    } else {
      throw found;
    }
  }

  private void work(Worker worker, Runnable body) {
    worker.turn.acquireUninterruptibly();
    worker.thread = Thread.currentThread();
    CURRENT.set(worker);
    try {
      if (!aborted) {
        body.run();
      }
    } catch (Aborted end) {
      worker.blocked = false; // the run is over
    } catch (Throwable e) {
      fail(new AssertionError("a thread ended with " + e, e));
    } finally {
      Thread.interrupted();
      CURRENT.remove();
      worker.done = true;
      goOn();
    }
  }

  private void fail(AssertionError found) {
    if (failure == null) {
      failure = found;
    }
    aborted = true;
  }

  /** Lets another thread run, as the current one can't. */
  private void goOn() {
    if (workers.stream().allMatch(worker -> worker.done)) {
      over.release();
      return;
    }
    boolean stuck = workers.stream().allMatch(worker -> worker.done || worker.blocked);
    if (stuck) {
      if (workers.stream().anyMatch(worker -> !worker.done && !worker.daemon)) {
        fail(new AssertionError("a thread is stranded"));
      }
      aborted = true;
    }
    if (aborted) {
      for (Worker worker : workers) {
        if (!worker.done) {
          worker.blocked = false;
          worker.turn.release();
          return;
        }
      }
    }
    next(null).turn.release();
  }

  /** The thread that runs next; the current one, if it can, is the first choice. */
  private Worker next(@Nullable Worker current) {
    List<Worker> options = new ArrayList<>();
    if (current != null) {
      options.add(current);
    }
    if (current == null || preemptionsLeft > 0) {
      for (Worker worker : workers) {
        if (worker != current && !worker.done && !worker.blocked) {
          options.add(worker);
        }
      }
    }
    int chosen = choose(options.size());
    if (current != null && chosen > 0) {
      preemptionsLeft--;
    }
    return options.get(chosen);
  }

  private int choose(int options) {
    if (options == 1) {
      return 0;
    }
    Random dice = random;
    if (dice != null) {
      return dice.nextInt(3) > 0 ? 0 : dice.nextInt(options);
    }
    if (step == path.size()) {
      path.add(new int[] {0, options});
    }
    return path.get(step++)[0];
  }

  /** Before a thread touches what is shared. */
  public static void step() {
    Worker me = worker();
    if (me != null) {
      running().step(me);
    }
  }

  private void step(Worker me) {
    if (aborted) {
      throw new Aborted();
    }
    if (++steps > MAX_STEPS) {
      throw new AssertionError("no end after " + MAX_STEPS + " steps");
    }
    Worker next = next(me);
    if (next != me) {
      next.turn.release();
      await(me);
    }
  }

  private void await(Worker me) {
    me.turn.acquireUninterruptibly();
    if (aborted) {
      throw new Aborted();
    }
  }

  public static void park() {
    Worker me = worker();
    if (me != null) {
      step();
      running().park(me);
    }
  }

  private void park(Worker me) {
    if (!me.permit && !Thread.currentThread().isInterrupted()) {
      me.blocked = true;
      goOn();
      await(me);
    }
    me.permit = false;
  }

  public static void unpark(Thread thread) {
    step();
    for (Worker worker : running().workers) {
      if (worker.thread == thread && !worker.done) {
        worker.permit = true;
        worker.blocked = false;
      }
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    running = null;
  }
}
