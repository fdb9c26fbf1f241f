package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisClusterException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The circuit breaker, by resilience4j: one timeout of a whole budget opens it, or five failures
 * among the last ten exchanges; one answer to a probe closes it. Thread safe.
 */
final class Breaker {
  private static final String REPLICA = "READONLY";

  /** First words of the error replies of a server that can't serve any client now. */
  private static final List<String> SERVER_STATES =
      List.of(
          "LOADING", "MASTERDOWN", REPLICA, "BUSY ", "OOM", "TRYAGAIN", "NOREPLICAS", "MISCONF");

  /* Invariants
   * G3  the permission to probe is always answered: by success, by error, or given back.
   * G5  outages and their ends are reported alternately, by the thread that changes `down` after
   *     the circuit changed. The circuit's own events would report them too, but cost an event for
   *     each answer. */
  private final CircuitBreaker circuit;
  private final long wholeNanos;
  private final Transitions transitions;
  private final AtomicBoolean down = new AtomicBoolean();
  private volatile @Nullable Throwable lastFailure;
  private volatile boolean answeredSince;

  /**
   * @param budget how long a call waits that did not wait for another one before
   */
  Breaker(Duration probeEvery, Duration budget, LongSupplier nanos, Transitions transitions) {
    this.wholeNanos = budget.toNanos() / 8 * 7; // an eighth may pass before the command is sent
    this.transitions = transitions;
    this.circuit =
        CircuitBreaker.of(
            "redis",
            CircuitBreakerConfig.custom()
                .slidingWindowSize(10)
                .minimumNumberOfCalls(5)
                .failureRateThreshold(50)
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitDurationInOpenState(probeEvery)
                .clock(new ElapsedTime(nanos))
                .build());
  }

  /**
   * Learns of the start and of the end of each outage, once each, on a thread it must not block.
   */
  interface Transitions {
    void down(@Nullable Throwable cause);

    void up();
  }

  /** Whether Redis answered since the last call of this method. */
  boolean answeredSince() {
    boolean answered = answeredSince;
    answeredSince = false;
    return answered;
  }

  /**
   * Elapsed time as a clock: resilience4j measures pauses by it, and a wall clock may jump back.
   */
  private static final class ElapsedTime extends Clock {
    private final LongSupplier nanos;

    ElapsedTime(LongSupplier nanos) {
      this.nanos = nanos;
    }

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusNanos(nanos.getAsLong());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** Whether calls may be sent. */
  boolean up() {
    return circuit.getState() == CircuitBreaker.State.CLOSED;
  }

  BreakerState state() {
    return switch (circuit.getState()) {
      case OPEN -> BreakerState.OPEN;
      case HALF_OPEN -> BreakerState.HALF_OPEN;
      default -> BreakerState.CLOSED;
    };
  }

  /** Whether to probe now; after true the caller must report the outcome. One thread at a time. */
  boolean mayProbe() {
    return !up()
        && circuit.tryAcquirePermission()
        && circuit.getState() == CircuitBreaker.State.HALF_OPEN;
  }

  void answered(long nanos) {
    if (!answeredSince) {
      answeredSince = true;
    }
    circuit.onSuccess(nanos, NANOSECONDS);
    if (down.get() && up() && down.compareAndSet(true, false)) {
      transitions.up();
    }
  }

  /**
   * Reports the replies of a batch: a failure if at least half of them are about the server's
   * state.
   */
  void answered(long nanos, int replies, int outages) {
    if (2 * outages < replies) {
      answered(nanos);
    } else {
      failed(nanos, new IllegalStateException(outages + " of " + replies + " replies"));
    }
  }

  void failed(long nanos, Throwable cause) {
    if (up()) {
      lastFailure = cause;
    }
    circuit.onError(nanos, NANOSECONDS, cause);
    tellIfDown();
  }

  /**
   * Reports that no answer came in time. Silence for the rest of a budget, of a call that waited
   * before or was redirected, is a failure like others: a server may be slower than that.
   *
   * @param nanos how long the server was silent
   */
  void silent(long nanos, Throwable cause) {
    failed(nanos, cause);
    if (isWhole(nanos) && up()) {
      circuit.transitionToOpenState();
      tellIfDown();
    }
  }

  /** Whether a call that did not wait before has no time left after so long. */
  boolean isWhole(long nanos) {
    return nanos >= wholeNanos;
  }

  private void tellIfDown() {
    if (!up() && down.compareAndSet(false, true)) {
      transitions.down(lastFailure);
    }
  }

  /** The probe was not sent; gives its permission back. */
  void abandoned() {
    circuit.releasePermission();
  }

  /** Whether an error is a reply about the command, rather than about the server's state. */
  static boolean isAnswer(JedisException error) {
    if (!(error instanceof JedisDataException) || error instanceof JedisClusterException) {
      return false;
    }
    String message = String.valueOf(error.getMessage());
    return SERVER_STATES.stream().noneMatch(message::startsWith);
  }

  /** Whether the server is no longer the primary that the client connected to. */
  static boolean isOfReplica(JedisException error) {
    return String.valueOf(error.getMessage()).startsWith(REPLICA);
  }

  @Override
  public String toString() {
    return circuit.getState().toString();
  }
}
