package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.cache.LocalLevel.Reading;
import io.perfkit.cache.internal.Thrown;
import io.perfkit.redis.Printable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A read of one key that is under way in this JVM: one thread owns it, the others that want the key
 * wait for its result (single-flight). Thread safe.
 */
final class InFlightLoad<V> {
  /** The load that each thread waits for, by which cycles of loads are detected. */
  private static final ConcurrentMap<Thread, InFlightLoad<?>> WAITING = new ConcurrentHashMap<>();

  private final String key;
  private final Reading reading;
  private final CompletableFuture<Found<V>> result = new CompletableFuture<>();
  private volatile @Nullable Thread owner = Thread.currentThread();

  /**
   * @param key for messages
   */
  InFlightLoad(String key, Reading reading) {
    this.key = key;
    this.reading = reading;
  }

  /** The state of the key before the read began. */
  Reading reading() {
    return reading;
  }

  /** From now on this thread runs the loader. */
  void takeOver() {
    owner = Thread.currentThread();
  }

  /** From now on no thread runs the loader: its stage will complete, and the owner may wait too. */
  void handOver() {
    owner = null;
  }

  /** Does nothing once it is done. */
  void complete(Found<V> found) {
    result.complete(found);
  }

  /** Does nothing once it is done. */
  void fail(Throwable failure) {
    result.completeExceptionally(failure);
  }

  boolean isDone() {
    return result.isDone();
  }

  /**
   * Waits for the result; the owner's exception is thrown here as it was there.
   *
   * @throws IllegalStateException if the owner waits, over other threads perhaps, for this thread
   * @throws LoadTimedOut after {@code atMost}: the owner may wait for this thread in a way that is
   *     not seen here, such as for a task of an executor
   */
  Found<V> await(String cache, Duration atMost) {
    return await(cache, what(cache), atMost, () -> tooLong(cache, atMost));
  }

  /** As {@link #await}, for a read of a shared structure, which needs Redis alone. */
  Found<V> awaitRead(String structure, Duration atMost) {
    return await(structure, structure, atMost, () -> tooLongRead(structure, atMost));
  }

  private Found<V> await(
      String cache, String what, Duration atMost, Supplier<LoadTimedOut> tooLong) {
    CompletableFuture<Found<V>> mine = result(cache);
    Thread self = Thread.currentThread();
    try {
      if (!mine.isDone()) {
        WAITING.put(self, this);
        requireNoCycle(cache, self);
        LoadThreads.beginWait();
        try {
          return mine.get(NANOSECONDS.convert(atMost), NANOSECONDS);
        } finally {
          LoadThreads.endWait();
        }
      }
      return mine.get();
    } catch (TimeoutException e) {
      throw tooLong.get();
    } catch (ExecutionException e) {
      throw Thrown.<RuntimeException>asIs(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted("waiting for " + what, e);
    } finally {
      WAITING.remove(self);
    }
  }

  LoadTimedOut tooLong(String cache, Duration atMost) {
    return new LoadTimedOut(
        what(cache)
            + " was waited for "
            + atMost
            + ", while "
            + owner()
            + " loads it (expected: a loader that does not wait for another thread that reads the"
            + " same key, and a lease of the time that loads take)");
  }

  private LoadTimedOut tooLongRead(String structure, Duration atMost) {
    return new LoadTimedOut(
        structure
            + " was waited for "
            + atMost
            + ", while "
            + owner()
            + " reads it from Redis (expected: an answer, or RedisUnavailable, within the guard's"
            + " budget; a thread dump shows what holds up that thread)");
  }

  private String what(String cache) {
    return "key " + Printable.of(key) + " of cache '" + cache + "'";
  }

  private String owner() {
    Thread loads = owner;
    return loads == null ? "a stage" : "thread '" + loads.getName() + "'";
  }

  /** Each thread registers before it looks, so the last one of a cycle sees all of it. */
  private void requireNoCycle(String cache, Thread self) {
    List<String> keys = new ArrayList<>();
    InFlightLoad<?> load = this;
    while (load != null && keys.size() <= WAITING.size()) {
      keys.add(Printable.of(load.key));
      Thread owner = load.owner;
      if (owner == self) {
        throw new IllegalStateException(
            "loaders wait for each other's keys in a cycle, seen from cache '"
                + cache
                + "': "
                + String.join(" -> ", keys)
                + " (expected: loaders that ask for other keys in one order)");
      }
      load = owner == null ? null : WAITING.get(owner);
    }
  }

  /** Completes when this is done; not to be completed by others. */
  CompletableFuture<Found<V>> result(String cache) {
    if (owner == Thread.currentThread() && !result.isDone()) {
      throw new IllegalStateException(
          "the loader of key "
              + Printable.of(key)
              + " of cache '"
              + cache
              + "' asks the cache for the same key");
    }
    return result;
  }
}
