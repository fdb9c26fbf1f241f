package io.perfkit.cache;

import io.perfkit.cache.LocalLevel.Reading;
import io.perfkit.cache.internal.Thrown;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** One thread's search for a key, and what the other threads that want the key wait for. */
final class Flight<V> {
  /** Where a value came from. */
  enum Source {
    L1,
    L2,
    LOADER
  }

  /**
   * What a search found: a null value is an absent one.
   *
   * @param stale whether it is past its life
   */
  record Found<V>(@Nullable V value, Source source, boolean stale) {
    Found(@Nullable V value, Source source) {
      this(value, source, false);
    }
  }

  private final Reading reading;
  private volatile @Nullable Thread pilot = Thread.currentThread();
  private final CompletableFuture<Found<V>> landing = new CompletableFuture<>();

  Flight(Reading reading) {
    this.reading = reading;
  }

  /** Taken before the search began. */
  Reading reading() {
    return reading;
  }

  /** This thread loads now. */
  void takeOver() {
    pilot = Thread.currentThread();
  }

  /** Does nothing once landed. */
  void land(Found<V> found) {
    landing.complete(found);
  }

  boolean hasEnded() {
    return landing.isDone();
  }

  /** Does nothing once landed. */
  void crash(Throwable failure) {
    landing.completeExceptionally(failure);
  }

  /** The pilot's part is done, and another thread will land: from now on the pilot may wait too. */
  void handOver() {
    pilot = null;
  }

  /** Waits for the pilot; its exception is thrown here as it was there. */
  Found<V> await(String cache, String key) {
    try {
      return landing(cache, key).get();
    } catch (ExecutionException e) {
      throw Thrown.<RuntimeException>asIs(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted("waiting for key '" + key + "' of cache '" + cache + "'", e);
    }
  }

  /** What is completed when the flight lands or crashes; not to be completed by others. */
  CompletableFuture<Found<V>> landing(String cache, String key) {
    if (pilot == Thread.currentThread() && !landing.isDone()) {
      throw new IllegalStateException(
          "the loader of key '"
              + key
              + "' of cache '"
              + cache
              + "' asks the cache for the same key");
    }
    return landing;
  }
}
