package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Loads that wait for other loads: none hangs, whatever waits for what. */
final class NestedLoadsTest {
  private static final Duration LEASE = Duration.ofMillis(300);

  private final Caches caches = Caches.local();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    threads.shutdownNow();
    caches.close();
  }

  private Cache<Integer, String> cache(String name, CacheConfig config) {
    return caches.cache(name, Integer.class, Codec.string(), config);
  }

  /** Twice as many loads as threads, which all read the other cache while all threads are taken. */
  @Test
  void nestedLoadsWithLimitsDoNotUseUpTheirThreads() throws Exception {
    CacheConfig limited =
        CacheConfig.builder().loadTimeout(Duration.ZERO, Duration.ofSeconds(60)).build();
    Cache<Integer, String> orders = cache("orders", limited);
    Cache<Integer, String> customers = cache("customers", limited);
    int callers = 2 * LoadThreads.THREADS_MAX;
    CountDownLatch begun = new CountDownLatch(LoadThreads.THREADS_MAX);
    List<Future<String>> reads = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      int id = i;
      reads.add(
          threads.submit(
              () ->
                  orders.get(
                      id,
                      order -> {
                        begun.countDown();
                        awaitAll(begun);
                        return "order of " + customers.get(order / 2, c -> "customer " + c);
                      })));
    }
    for (int i = 0; i < callers; i++) {
      assertThat(reads.get(i).get(50, SECONDS)).isEqualTo("order of customer " + i / 2);
    }
  }

  private static void awaitAll(CountDownLatch begun) {
    try {
      assertThat(begun.await(40, SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aLoaderThatWaitsForAnotherThreadThatReadsItsKeyIsToldSo() {
    Cache<Integer, String> cache = cache("names", CacheConfig.builder().lease(LEASE).build());

    Future<String> read =
        threads.submit(
            () -> cache.get(1, key -> get(threads.submit(() -> cache.get(key, k -> "")))));

    assertThatThrownBy(() -> read.get(30, SECONDS))
        .rootCause()
        .isInstanceOf(LoadTimedOut.class)
        .hasMessageStartingWith("key '1' of cache 'names' was waited for PT0.9S, while thread '");
  }

  @Test
  void aStageThatWaitsForItsOwnKeyEndsToo() {
    Cache<Integer, String> cache = cache("names", CacheConfig.builder().lease(LEASE).build());

    CompletionStage<String> stage =
        cache.getAsync(
            1,
            key ->
                CompletableFuture.supplyAsync(() -> 1, threads)
                    .thenComposeAsync(
                        one -> cache.getAsync(one, k -> new CompletableFuture<>()), threads));

    assertThatThrownBy(() -> stage.toCompletableFuture().get(30, SECONDS))
        .rootCause()
        .isInstanceOf(LoadTimedOut.class);
  }

  private static String get(Future<String> inner) {
    try {
      return inner.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void namesAndKeysOfMessagesStayOnOneLine() {
    Cache<String, String> cache =
        caches.cache("texts", String.class, Codec.string(), CacheConfig.defaults());
    String key = "a\n2026-11-30 ERROR forged\u202e";

    assertThatThrownBy(() -> cache.get(key, k -> cache.get(k, inner -> "")))
        .hasMessageContaining("'a\\u000a2026-11-30 ERROR forged\\u202e'");
    assertThatThrownBy(() -> cache.invalidateTag("t".repeat(300)))
        .hasMessageContaining("\u2026 (300 characters)'");
  }
}
