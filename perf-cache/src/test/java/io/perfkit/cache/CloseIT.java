package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.testing.ThreadLeaks;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

@RealRedis
final class CloseIT {
  private static final int THREADS = 8;
  private static final int KEYS = 50;

  private final TestRedis server;

  CloseIT(TestRedis server) {
    this.server = server;
  }

  /**
   * Threads read, put and invalidate while the caches are closed. They get nothing but the
   * documented exception, and no entry stays in Redis that an invalidation that returned should
   * have removed.
   */
  @Test
  void closesUnderLoad() throws Exception {
    for (int round = 0; round < 5; round++) {
      int seed = round;
      ThreadLeaks.assertNone("perf-", () -> closeUnderLoad(seed));
    }
  }

  private void closeUnderLoad(int seed) throws Exception {
    String prefix = server.prefix() + UUID.randomUUID();
    AtomicLongArray committed = new AtomicLongArray(KEYS);
    AtomicLongArray told = new AtomicLongArray(KEYS);
    AtomicLong calls = new AtomicLong();
    Caches caches = NodesContract.patient(server.client(), prefix);
    Cache<Integer, Long> cache = versions(caches);
    Await.until("subscribed", NodesContract.DEADLINE, caches::subscribed);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<IllegalStateException>> workers = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        Random random = new Random(seed * 100L + t);
        int first = t;
        workers.add(threads.submit(() -> work(cache, random, first, committed, told, calls)));
      }
      Await.until("all of them work", NodesContract.DEADLINE, () -> calls.get() > 2_000);
      caches.close();
      for (Future<IllegalStateException> worker : workers) {
        assertThat(worker.get(10, SECONDS)).hasMessageStartingWith("closed");
      }
    } finally {
      threads.shutdownNow();
    }
    try (Caches next = NodesContract.patient(server.client(), prefix)) {
      Cache<Integer, Long> after = versions(next);
      for (int key = 0; key < KEYS; key++) {
        Long held = after.getIfPresent(key);
        assertThat(held == null ? committed.get(key) : held)
            .as("key %s", key)
            .isGreaterThanOrEqualTo(told.get(key));
      }
    }
  }

  private static Cache<Integer, Long> versions(Caches caches) {
    return caches.cache("versions", Integer.class, Codec.longs(), CacheConfig.defaults());
  }

  /** Each thread changes keys of its own and reads all; gives what ended it. */
  private static IllegalStateException work(
      Cache<Integer, Long> cache,
      Random random,
      int first,
      AtomicLongArray committed,
      AtomicLongArray told,
      AtomicLong calls) {
    try {
      while (true) {
        int key = random.nextInt(KEYS);
        int own = first + THREADS * random.nextInt((KEYS - first + THREADS - 1) / THREADS);
        switch (random.nextInt(4)) {
          case 0 -> {
            long version = committed.incrementAndGet(own);
            cache.invalidate(own);
            told.set(own, version);
          }
          case 1 -> {
            long version = committed.incrementAndGet(own);
            cache.put(own, version);
            told.set(own, version);
          }
          default -> {
            Long unused = cache.get(key, k -> committed.get(k));
          }
        }
        calls.incrementAndGet();
      }
    } catch (IllegalStateException e) {
      return e;
    }
  }
}
