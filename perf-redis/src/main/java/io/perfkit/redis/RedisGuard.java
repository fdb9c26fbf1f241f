package io.perfkit.redis;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisClusterException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Stands between callers and a Redis that may be dead, frozen or slow: a call ends within its time
 * budget whatever the client's own timeouts are, and once Redis is taken for down a call fails at
 * once. One timeout, or five failures among the last ten calls, take it for down. From then on one
 * call per {@code probeEvery} sets off a PING, which nobody waits for; its answer lets calls
 * through again. Thread safe. Owns its threads, {@code perf-redis-guard-N}, and not the client.
 */
public final class RedisGuard implements AutoCloseable {

  /** First words of the error replies of a server that can't serve anybody now. */
  private static final List<String> SERVER_STATES =
      List.of(
          "LOADING", "MASTERDOWN", "READONLY", "BUSY ", "OOM", "TRYAGAIN", "NOREPLICAS", "MISCONF");

  /* Invariants
   * G1  a caller waits for at most its budget: commands run on the guard's threads.
   * G2  while the breaker is open or half open, no caller's command is sent.
   * G3  a permission taken from the breaker is always answered: by success, by error, or given back. */
  private final UnifiedJedis redis;
  private final GuardConfig config;
  private final CircuitBreaker breaker;
  private final ThreadPoolExecutor threads;

  private RedisGuard(UnifiedJedis redis, GuardConfig config) {
    this.redis = requireNonNull(redis, "redis");
    this.config = requireNonNull(config, "config");
    this.breaker =
        CircuitBreaker.of(
            "redis",
            CircuitBreakerConfig.custom()
                .slidingWindowSize(10)
                .minimumNumberOfCalls(5)
                .failureRateThreshold(50)
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitDurationInOpenState(config.probeEvery())
                .build());
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            config.threadsMax(),
            config.threadsMax(),
            30,
            SECONDS,
            new ArrayBlockingQueue<>(config.waitingMax()),
            task -> {
              Thread thread = new Thread(task, "perf-redis-guard-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /** A guard with the default settings. */
  public static RedisGuard of(UnifiedJedis redis) {
    return of(redis, GuardConfig.defaults());
  }

  /** A guard of {@code redis}, which stays the caller's to close. */
  public static RedisGuard of(UnifiedJedis redis, GuardConfig config) {
    return new RedisGuard(redis, config);
  }

  /**
   * Runs {@code command} on another thread and waits for it, for at most the budget. Thread locals
   * of the caller are not seen by it.
   *
   * @throws RedisUnavailable at once if Redis is taken for down or too many calls wait (not sent),
   *     or when the budget is spent or the connection fails (unknown whether it ran)
   * @throws CommandRejected if Redis answers with an error of the command
   * @throws IllegalStateException after {@link #close()}
   */
  public <T extends @Nullable Object> T call(Function<? super UnifiedJedis, ? extends T> command) {
    requireNonNull(command, "command");
    if (!breaker.tryAcquirePermission()) {
      throw new RedisUnavailable("not sent: Redis is taken for down, " + this, null);
    }
    if (breaker.getState() == CircuitBreaker.State.HALF_OPEN) {
      execute(this::probe);
      throw new RedisUnavailable("not sent: Redis is being probed, " + this, null);
    }
    long start = breaker.getCurrentTimestamp();
    FutureTask<T> reply = new FutureTask<>(() -> command.apply(redis));
    execute(reply);
    try {
      T value = reply.get(config.budget().toNanos(), NANOSECONDS);
      breaker.onSuccess(elapsed(start), breaker.getTimestampUnit());
      return value;
    } catch (ExecutionException e) {
      throw failed(requireNonNull(e.getCause()), start);
    } catch (TimeoutException e) {
      reply.cancel(true);
      breaker.onError(elapsed(start), breaker.getTimestampUnit(), e);
      breaker.transitionToOpenState();
      throw new RedisUnavailable("no answer within the budget, " + this, e);
    } catch (CancellationException e) {
      breaker.releasePermission();
      throw new IllegalStateException("closed while a call was under way, " + this, e);
    } catch (InterruptedException e) {
      reply.cancel(true);
      breaker.releasePermission();
      Thread.currentThread().interrupt();
      throw new RedisUnavailable("interrupted while waiting for an answer, " + this, e);
    }
  }

  /** Whether calls are sent; false while Redis is taken for down. Costs nothing. */
  public boolean available() {
    return breaker.getState() == CircuitBreaker.State.CLOSED;
  }

  private void execute(Runnable task) {
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      breaker.releasePermission();
      if (threads.isShutdown()) {
        throw new IllegalStateException("closed, " + this, e);
      }
      throw new RedisUnavailable("not sent: too many calls wait, " + this, e);
    }
  }

  private void probe() {
    long start = breaker.getCurrentTimestamp();
    try {
      redis.ping();
      breaker.onSuccess(elapsed(start), breaker.getTimestampUnit());
    } catch (RuntimeException e) {
      breaker.onError(elapsed(start), breaker.getTimestampUnit(), e);
    }
  }

  private RuntimeException failed(Throwable cause, long start) {
    if (cause instanceof JedisException e && !isAnswer(e)) {
      breaker.onError(elapsed(start), breaker.getTimestampUnit(), e);
      return new RedisUnavailable("Redis can't be used: " + e.getMessage() + ", " + this, e);
    }
    breaker.onSuccess(elapsed(start), breaker.getTimestampUnit());
    if (cause instanceof JedisException e) {
      return new CommandRejected("Redis refused: " + e.getMessage(), e);
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
  }

  /** An error reply tells of the command, unless it tells of the server. */
  private static boolean isAnswer(JedisException error) {
    if (!(error instanceof JedisDataException) || error instanceof JedisClusterException) {
      return false;
    }
    String message = String.valueOf(error.getMessage());
    return SERVER_STATES.stream().noneMatch(message::startsWith);
  }

  private long elapsed(long start) {
    return breaker.getCurrentTimestamp() - start;
  }

  /** Stops the threads; calls under way fail. The client stays open. */
  @Override
  public void close() {
    for (Runnable task : threads.shutdownNow()) {
      if (task instanceof Future<?> reply) {
        reply.cancel(false);
      }
    }
  }

  @Override
  public String toString() {
    return "RedisGuard[" + breaker.getState() + ", " + config + "]";
  }
}
