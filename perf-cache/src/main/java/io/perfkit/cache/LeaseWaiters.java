package io.perfkit.cache;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads that wait for the end of another node's lease, by the hash of the key. Keys of one hash
 * are woken together, which costs a needless look. Thread safe.
 */
final class LeaseWaiters {
  private final ConcurrentMap<Integer, CompletableFuture<Void>> calls = new ConcurrentHashMap<>();

  /** To be taken before one looks whether there is anything to wait for. */
  CompletableFuture<Void> next(int hash) {
    return calls.computeIfAbsent(hash, h -> new CompletableFuture<>());
  }

  /** Waits for {@code call}, for at most that time. */
  void await(CompletableFuture<Void> call, Duration atMost) throws InterruptedException {
    try {
      call.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // as good as a call: the lease is over
    } catch (ExecutionException e) {
      throw new IllegalStateException("a call is only ever completed normally", e);
    }
  }

  /** Gives {@code call} up; whoever shares it looks again. */
  void end(int hash, CompletableFuture<Void> call) {
    calls.remove(hash, call);
    call.complete(null);
  }

  void wake(int hash) {
    CompletableFuture<Void> call = calls.remove(hash);
    if (call != null) {
      call.complete(null);
    }
  }

  int size() {
    return calls.size();
  }

  void wakeAll() {
    calls.keySet().forEach(this::wake);
  }
}
