package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;

/** A get on a thread of its own whose loader has begun, and stands still until it is let go. */
final class SlowLoad implements AutoCloseable {
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final Future<String> value;

  private SlowLoad(Function<Supplier<String>, String> get, Supplier<String> loaded)
      throws InterruptedException {
    this.value =
        thread.submit(
            () ->
                get.apply(
                    () -> {
                      begun.countDown();
                      awaitQuietly(mayEnd);
                      return loaded.get();
                    }));
    assertThat(begun.await(30, SECONDS)).as("the loader has begun").isTrue();
  }

  /** A get of {@code key} that loads {@code loaded}. */
  static SlowLoad of(Cache<String, String> cache, String key, String loaded)
      throws InterruptedException {
    return of(load -> cache.get(key, k -> load.get()), () -> loaded);
  }

  /**
   * Another way to load.
   *
   * @param get calls the cache with a loader made of what it is given
   */
  static SlowLoad of(Function<Supplier<String>, String> get, Supplier<String> loaded)
      throws InterruptedException {
    return new SlowLoad(get, loaded);
  }

  /** Lets the loader end, and gives what the get returned. */
  String finish() throws Exception {
    mayEnd.countDown();
    try {
      return value.get(30, SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception failure ? failure : e;
    }
  }

  @Override
  public void close() {
    mayEnd.countDown();
    thread.shutdownNow();
  }

  static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
