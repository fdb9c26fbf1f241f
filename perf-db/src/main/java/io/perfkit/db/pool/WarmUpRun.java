package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One warm-up: a few threads open connections in parallel, and one has HikariCP fetch them. Used
 * once.
 *
 * <p>A temporary failure is retried until the deadline, after a pause that grows from 20 to 500 ms.
 * A full server, or one that refuses the credentials, ends the warm-up.
 */
final class WarmUpRun {
  static final int OPENERS_MAX = 8;
  private static final long PAUSE_MILLIS_MIN = 20;
  private static final long PAUSE_MILLIS_MAX = 500;

  /** Time within which HikariCP gets a connection that is open. */
  private static final long FETCH_NANOS = Duration.ofMillis(500).toNanos();

  /** Time within which HikariCP adds a connection that it got; later it has not taken it. */
  private static final long HANDOVER_NANOS = Duration.ofSeconds(5).toNanos();

  private static final long STEP_NANOS = Duration.ofMillis(1).toNanos() / 4;

  private final Pool pool;
  private final HikariDataSource hikari;
  private final ConnectionSource database;
  private final Resizer resizer;
  private final int wanted;
  private final long deadlineNanos;
  private final AtomicInteger toOpen = new AtomicInteger();
  private final AtomicInteger opening = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private final CountDownLatch fetched = new CountDownLatch(1);
  private volatile boolean ended;
  private volatile @Nullable SQLException lastFailure;

  WarmUpRun(Pool pool, int wanted, Duration deadline) {
    this.pool = pool;
    this.hikari = pool.hikari();
    this.database = pool.source();
    this.resizer = pool.resizer();
    this.wanted = wanted;
    this.deadlineNanos = deadline.toNanos();
  }

  /** Blocks until all succeeded or failed, the deadline has passed or the caller is interrupted. */
  WarmUp run() {
    long start = pool.now();
    int missing = max(0, wanted - pool.total());
    int openers = min(missing, OPENERS_MAX);
    toOpen.set(max(0, missing - database.opened()));
    opening.set(openers);
    database.warmingBegins();
    int idle = hikari.getMinimumIdle();
    hikari.setMinimumIdle(max(idle, wanted)); // HikariCP adds no more, unless callers wait
    for (int i = 1; i <= openers; i++) {
      start("perf-db-warmup-" + hikari.getPoolName() + "-" + i, this::open);
    }
    start("perf-db-warmup-" + hikari.getPoolName() + "-0", this::fetch);
    try {
      boolean unused = fetched.await(deadlineNanos, NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended = true;
      over.countDown();
      database.warmingEnds();
      hikari.setMinimumIdle(idle);
    }
    SQLException failure = lastFailure;
    return new WarmUp(
        wanted,
        min(wanted, pool.total()),
        failures.get(),
        Duration.ofNanos(pool.now() - start),
        failure == null ? "" : ConnectFailure.text(failure));
  }

  @Nullable SQLException lastFailure() {
    return lastFailure;
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void open() {
    long pause = PAUSE_MILLIS_MIN;
    try {
      while (toOpen.getAndDecrement() > 0) {
        while (!openOne()) {
          if (over.await(pause, MILLISECONDS)) {
            return;
          }
          pause = min(2 * pause, PAUSE_MILLIS_MAX);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      opening.decrementAndGet();
    }
  }

  private boolean openOne() {
    if (isOver()) {
      return false;
    }
    try {
      database.offer(database.open());
      return true;
    } catch (SQLException e) {
      failures.incrementAndGet();
      lastFailure = e;
      if (ConnectFailure.of(e) != ConnectFailure.TEMPORARY) {
        toOpen.set(0);
        over.countDown();
      }
      return false;
    }
  }

  private boolean isOver() {
    return over.getCount() == 0;
  }

  /** Holds each fetched connection until the end; otherwise it would fetch the same one again. */
  private void fetch() {
    List<Connection> held = new ArrayList<>();
    long delivered = database.delivered();
    int total = pool.total();
    long leftAt = pool.now();
    try {
      while (!ended
          && pool.total() < wanted
          && pool.now() - leftAt < patienceNanos(delivered, total)
          && !hikari.isClosed()) {
        if (opening.get() > 0 || database.opened() > 0) {
          leftAt = pool.now();
        }
        if (pool.waiting() > 0) {
          held.forEach(resizer::giveBack);
          held.clear();
        }
        fetchOne(held);
        if (pool.total() - total >= database.delivered() - delivered) {
          database.hurry();
        }
      }
    } finally {
      held.forEach(resizer::giveBack);
      fetched.countDown();
    }
  }

  /** How long to wait once nothing is open that HikariCP has not got yet. */
  private long patienceNanos(long delivered, int total) {
    boolean adds = database.delivered() - delivered > pool.total() - total;
    return adds ? HANDOVER_NANOS : FETCH_NANOS;
  }

  private void fetchOne(List<Connection> held) {
    // While callers wait HikariCP fetches for them, and nobody is to give up behind them.
    if (pool.waiting() == 0 && (database.opened() > 0 || pool.idle() > 0)) {
      Connection idle = resizer.tryTake();
      if (idle != null) {
        held.add(idle);
        return;
      }
    }
    long start = pool.now();
    while (pool.now() - start < STEP_NANOS) { // a former interrupt ends the first park
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}
