package io.perfkit.testing.planted.thread;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;

final class UsesThreads {
  Thread thread(Runnable body) {
    return new Thread(body);
  }

  void sleep() throws InterruptedException {
    Thread.sleep(1);
    TimeUnit.MILLISECONDS.sleep(1);
  }

  ExecutorService pool() {
    return Executors.newCachedThreadPool();
  }

  Executor commonPool() {
    return ForkJoinPool.commonPool();
  }

  CompletableFuture<Integer> async(CompletableFuture<Integer> future) {
    return future.thenApplyAsync(n -> n + 1);
  }

  CompletableFuture<Integer> given(CompletableFuture<Integer> future, Executor executor) {
    return future.thenApplyAsync(n -> n + 1, executor);
  }

  int parallel(List<Integer> numbers) {
    return numbers.parallelStream().mapToInt(n -> n).sum();
  }

  static final class Poller extends Thread {}
}
