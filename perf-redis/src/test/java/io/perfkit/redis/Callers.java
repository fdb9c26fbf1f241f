package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many threads that call at once. */
final class Callers implements AutoCloseable {
  private final ExecutorService threads;

  private Callers(ExecutorService threads) {
    this.threads = threads;
  }

  static Callers platform() {
    return new Callers(Executors.newCachedThreadPool());
  }

  /** Virtual threads where the JDK has them, else platform threads. */
  static Callers virtual() {
    try {
      return new Callers(
          (ExecutorService)
              Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null));
    } catch (ReflectiveOperationException tooOld) {
      return platform();
    }
  }

  <T> Future<T> start(Callable<T> call) {
    return threads.submit(call);
  }

  /** Starts {@code count} calls at the same moment; what they returned, in order. */
  <T> List<T> all(int count, IndexedCall<T> call) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int index = i;
      futures.add(
          threads.submit(
              () -> {
                start.await();
                return call.run(index);
              }));
    }
    start.countDown();
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      results.add(future.get(300, SECONDS));
    }
    return results;
  }

  interface IndexedCall<T> {
    T run(int index) throws Exception;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
