package io.perfkit.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A thread for each task, by reflection because this is compiled for JDK 17. */
@State(Scope.Benchmark)
public class VirtualThreads {
  /** Calls of one invocation, by all its threads together. */
  static final int TASKS = 32_768;

  private final ExecutorService executor;

  public VirtualThreads() {
    try {
      executor =
          (ExecutorService)
              Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no virtual threads", e);
    }
  }

  static Optional<String> lacking() {
    int jdk = Runtime.version().feature();
    return jdk >= 21
        ? Optional.empty()
        : Optional.of("JDK " + jdk + " has no virtual threads (expected: 21 or later)");
  }

  /** Starts threads that call with random keys, and waits for all of them. */
  void run(int threads, int keys, IntFunction<?> call) {
    List<Future<?>> running = new ArrayList<>(threads);
    for (int t = 0; t < threads; t++) {
      running.add(
          executor.submit(
              () -> {
                ThreadLocalRandom random = ThreadLocalRandom.current();
                Object last = null;
                for (int i = 0; i < TASKS / threads; i++) {
                  last = call.apply(random.nextInt(keys));
                }
                return last;
              }));
    }
    for (Future<?> thread : running) {
      try {
        thread.get();
      } catch (ExecutionException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @TearDown
  public void close() {
    executor.shutdown();
  }
}
