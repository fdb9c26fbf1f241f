package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rows per second that threads add to a buffer behind one lock or several: what {@code BatchWriter}
 * does under its lock, without reading columns and writing to a database. One lock guards the bound
 * of all rows too; several need an atomic counter for it.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class DbStripes implements Area {
  private static final int FLUSH_ROWS = 1_000;
  private static final int MAX_ROWS = 100_000;

  @Override
  public String name() {
    return "db-stripes";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("vs-256-8", THROUGHPUT, "by8[stripes=1]", "by8[stripes=256]", atLeast(0.5)),
        Figure.ratio("vs-8-8", THROUGHPUT, "by8[stripes=1]", "by8[stripes=8]", atLeast(0.5)),
        Figure.ratio("vs-256-1", THROUGHPUT, "by1[stripes=1]", "by1[stripes=256]", atLeast(0.8)));
  }

  @Benchmark
  @Threads(1)
  public void by1(Buffer buffer) {
    buffer.add();
  }

  @Benchmark
  @Threads(2)
  public void by2(Buffer buffer) {
    buffer.add();
  }

  @Benchmark
  @Threads(8)
  public void by8(Buffer buffer) {
    buffer.add();
  }

  /** The buffer. */
  @State(Scope.Benchmark)
  public static class Buffer {
    @Param({"1", "8", "64", "256"})
    public int stripes;

    private final Object row = new Object();
    private final AtomicLong buffered = new AtomicLong();
    private Stripe[] all = {};

    @Setup
    public void make() {
      all = new Stripe[stripes];
      for (int i = 0; i < stripes; i++) {
        all[i] = new Stripe();
      }
    }

    void add() {
      int key = ThreadLocalRandom.current().nextInt();
      if (stripes == 1) {
        all[0].addWithinBound(row);
      } else {
        reserve();
        buffered.addAndGet(-all[Math.floorMod(key, stripes)].add(row));
      }
    }

    private void reserve() {
      if (buffered.incrementAndGet() > MAX_ROWS + (long) stripes * FLUSH_ROWS) {
        throw new IllegalStateException("rows: " + buffered + " (expected: within the bound)");
      }
    }
  }

  /** A lock and the rows behind it. */
  private static final class Stripe {
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Object> rows = new ArrayDeque<>();
    private long buffered;

    void addWithinBound(Object row) {
      lock.lock();
      try {
        if (++buffered > MAX_ROWS) {
          throw new IllegalStateException("rows: " + buffered + " (expected: within the bound)");
        }
        buffered -= addLocked(row);
      } finally {
        lock.unlock();
      }
    }

    int add(Object row) {
      lock.lock();
      try {
        return addLocked(row);
      } finally {
        lock.unlock();
      }
    }

    /** The number of rows that left, as when a worker takes a batch. */
    private int addLocked(Object row) {
      rows.addLast(row);
      if (rows.size() < FLUSH_ROWS) {
        return 0;
      }
      rows.clear();
      return FLUSH_ROWS;
    }
  }
}
