package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

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

  /** The signal to wait for; to be taken before the caller looks whether a lease is held. */
  CompletableFuture<Void> next(int hash) {
    return calls.computeIfAbsent(hash, h -> new CompletableFuture<>());
  }

  /** Waits for {@code call}, at most for this time. */
  void await(CompletableFuture<Void> call, Duration atMost) throws InterruptedException {
    try {
      call.get(NANOSECONDS.convert(atMost), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // as good as a call: the lease is over
    } catch (ExecutionException e) {
      throw new IllegalStateException("a call is only ever completed normally", e);
    }
  }

  /** Ends {@code call}; other threads that wait for it look again. */
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
