package io.perfkit.jobs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * One worker of a queue: claims some jobs, runs them one after the other, and reports them together
 * with its next claim. {@code run} belongs to one thread; the rest is thread safe.
 */
final class Worker implements Runnable {
  /* Invariants
   * K1  Each claimed job is in exactly one place: unstarted, current, finished or a step under way.
   * K2  A thread is interrupted only while `current` is the job that is meant, and the flag is
   *     cleared before the next job is taken.
   * K3  A worker that was given up takes no further job, and reports nothing of its last one.
   */
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  private final QueueWorkers queue;
  private final ClassLoader loader;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<ClaimedJob> unstarted = new ArrayDeque<>();
  private List<Completion> finished = new ArrayList<>();
  private @Nullable Running current;
  private boolean givenUp;
  private @Nullable Thread thread;

  /** The job that the worker's thread is in. */
  private record Running(JobContext context, Registered<?> registered, long startNanos) {
    ClaimedJob job() {
      return context.job();
    }
  }

  Worker(QueueWorkers queue, ClassLoader loader) {
    this.queue = queue;
    this.loader = loader;
  }

  @Override
  public void run() {
    Thread self = Thread.currentThread();
    lock.lock();
    try {
      thread = self;
    } finally {
      lock.unlock();
    }
    self.setContextClassLoader(loader);
    try {
      boolean more = true;
      while (more) {
        Running next = takeNext();
        if (next != null) {
          runOne(next);
        } else {
          more = claimMore();
        }
      }
    } finally {
      lock.lock();
      try {
        thread = null;
      } finally {
        lock.unlock();
      }
      ended.countDown();
    }
  }

  private @Nullable Running takeNext() {
    lock.lock();
    try {
      if (givenUp || queue.stopping()) {
        finished = relieve();
      }
      ClaimedJob job = unstarted.pollFirst();
      if (job == null) {
        return null;
      }
      current = new Running(queue.context(job), queue.registered(job), queue.now());
      return current;
    } finally {
      lock.unlock();
    }
  }

  private void runOne(Running running) {
    JobRunner.Attempt attempt = queue.runner().run(running.registered(), running.context());
    long took = queue.now() - running.startNanos();
    lock.lock();
    try {
      current = null;
      boolean unused = Thread.interrupted(); // K2
      if (!givenUp) {
        finished.add(attempt.completion());
      }
    } finally {
      lock.unlock();
    }
    tidy();
    queue.ran(running.job(), attempt.outcome(), took);
  }

  /** Nothing of a job is left for the next one. */
  private void tidy() {
    try {
      MDC.clear();
      Thread self = Thread.currentThread();
      if (self.getContextClassLoader() != loader) {
        self.setContextClassLoader(loader);
      }
    } catch (RuntimeException broken) {
      LOG.debug("a logging context could not be cleared", broken);
    }
  }

  /** Reports and claims; whether to go on. */
  private boolean claimMore() {
    List<Completion> done = takeFinished();
    boolean stop = queue.stopping() || isGivenUp();
    if (stop) {
      return !reportLast(done);
    }
    QueueWorkers.Claimed claimed = queue.step(done);
    if (claimed.failed()) {
      putBack(done);
      queue.awaitRetry();
      return true;
    }
    lock.lock();
    try {
      unstarted.addAll(claimed.jobs());
    } finally {
      lock.unlock();
    }
    if (claimed.jobs().isEmpty()) {
      queue.awaitWork(claimed.nextDueMillis());
    }
    return true;
  }

  /** Whether everything is reported, or it is too late to. */
  private boolean reportLast(List<Completion> done) {
    if (queue.report(done) || queue.pastDeadline()) {
      return true;
    }
    putBack(done);
    queue.awaitRetry();
    return false;
  }

  private List<Completion> takeFinished() {
    lock.lock();
    try {
      List<Completion> done = finished;
      finished = new ArrayList<>();
      return done;
    } finally {
      lock.unlock();
    }
  }

  private void putBack(Collection<Completion> completions) {
    lock.lock();
    try {
      finished.addAll(completions);
    } finally {
      lock.unlock();
    }
  }

  private boolean isGivenUp() {
    lock.lock();
    try {
      return givenUp;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Looks at the job that runs: interrupts it when its time is up, gives the worker up when even
   * that did not end it, and takes reports and unstarted jobs off it if it runs for long.
   *
   * @return whether the worker was given up now, so that another should take its place
   */
  boolean watch(long now, long longNanos, long graceNanos, boolean stopping) {
    List<Completion> relieved = List.of();
    boolean replace = false;
    lock.lock();
    try {
      Running running = current;
      if (running == null || givenUp) {
        return false;
      }
      long ran = now - running.startNanos();
      long timeout = running.registered().type().timeout().toNanos();
      if (ran > timeout) {
        interrupt(running, CancelReason.TIMEOUT);
      }
      if (ran - graceNanos > timeout) {
        givenUp = true;
        replace = true;
        finished.add(
            queue.runner().timedOut(running.registered().type(), running.job()).completion());
      }
      if (ran > longNanos || stopping || replace) {
        relieved = relieve();
      }
    } finally {
      lock.unlock();
    }
    if (!relieved.isEmpty() && !queue.report(relieved)) {
      putBack(relieved);
    }
    return replace;
  }

  private List<Completion> relieve() {
    List<Completion> all = finished;
    finished = new ArrayList<>();
    for (ClaimedJob job : unstarted) {
      all.add(Completion.returned(job, 0));
    }
    unstarted.clear();
    return all;
  }

  private void interrupt(Running running, CancelReason reason) {
    if (!running.context().cancelled()) {
      running.context().cancel(reason);
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  /** Stops what it runs, for {@code reason}. */
  void cancelCurrent(CancelReason reason) {
    lock.lock();
    try {
      if (current != null) {
        interrupt(current, reason);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Stops those jobs. */
  void cancel(Set<JobId> ids) {
    lock.lock();
    try {
      if (current != null && ids.contains(current.job().id())) {
        interrupt(current, CancelReason.CANCELLED);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The incarnation is over: its jobs belong to others now. */
  void fenced(long owner) {
    lock.lock();
    try {
      unstarted.removeIf(job -> job.owner() == owner);
      if (current != null && current.job().owner() == owner) {
        interrupt(current, CancelReason.LEASE_LOST);
      }
    } finally {
      lock.unlock();
    }
  }

  boolean running() {
    lock.lock();
    try {
      return current != null;
    } finally {
      lock.unlock();
    }
  }

  CountDownLatch ended() {
    return ended;
  }
}
