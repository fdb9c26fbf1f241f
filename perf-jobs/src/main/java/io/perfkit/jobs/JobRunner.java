package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts on the calling thread, and decides what becomes of their jobs. Thread safe. Nothing
 * that a handler throws passes through.
 */
final class JobRunner {
  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  private final PayloadCodec codec;
  private final LongUnaryOperator random;

  JobRunner(PayloadCodec codec) {
    this(codec, bound -> ThreadLocalRandom.current().nextLong(bound));
  }

  /**
   * @param random a number from 0 to below its argument
   */
  JobRunner(PayloadCodec codec, LongUnaryOperator random) {
    this.codec = codec;
    this.random = random;
  }

  /** What an attempt came to. */
  record Attempt(Completion completion, Outcome outcome) {}

  <T> Attempt run(Registered<T> registered, JobContext context) {
    ClaimedJob job = context.job();
    JobType<T> type = registered.type();
    if (job.version() > type.version()) {
      return new Attempt(
          Completion.returned(job, Outcome.UNKNOWN_VERSION_DELAY_MILLIS), Outcome.RETURNED);
    }
    try {
      T payload;
      try {
        payload = payload(type, job);
      } catch (RuntimeException | StackOverflowError unreadable) {
        return failed(type, job, unreadable, DeadReason.UNREADABLE);
      }
      registered.handler().handle(payload, context);
      if (context.completedInTransaction()) {
        return uncommitted(type, job);
      }
      return new Attempt(Completion.done(job), Outcome.DONE);
    } catch (Throwable thrown) {
      return thrown(type, context, thrown);
    }
  }

  private <T> T payload(JobType<T> type, ClaimedJob job) {
    if (job.version() == type.version()) {
      return read(job, type.payload());
    }
    JobType.Upcast<?, T> upcast =
        type.upcastFrom(job.version())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "version: "
                            + job.version()
                            + " (expected: "
                            + type.version()
                            + ", or one with a JobType.upcast)"));
    return requireNonNull(upcast.apply(read(job, upcast.earlier())), "upcast");
  }

  private <V> V read(ClaimedJob job, Class<V> shape) {
    return job.payload() instanceof byte[] bytes && shape != byte[].class
        ? codec.decode(bytes, shape)
        : shape.cast(job.payload());
  }

  private Attempt thrown(JobType<?> type, JobContext context, Throwable thrown) {
    ClaimedJob job = context.job();
    CancelReason cancelled = context.cancelReason();
    if (cancelled == CancelReason.SHUTDOWN || cancelled == CancelReason.LEASE_LOST) {
      return new Attempt(Completion.returned(job, 0), Outcome.RETURNED);
    }
    if (cancelled == CancelReason.CANCELLED) {
      return new Attempt(Completion.cancelled(job), Outcome.CANCELLED);
    }
    if (cancelled == CancelReason.TIMEOUT) {
      return timedOut(type, job);
    }
    if (thrown instanceof DiscardJob) {
      return new Attempt(Completion.discarded(job), Outcome.DISCARDED);
    }
    if (thrown instanceof DeadLetterJob) {
      return dead(job, DeadReason.HANDLER, Failures.text(thrown));
    }
    return failed(type, job, thrown, DeadReason.ATTEMPTS_EXHAUSTED);
  }

  /** What becomes of a job if its transaction did not commit; if it did, nothing. */
  private Attempt uncommitted(JobType<?> type, ClaimedJob job) {
    String error = "the transaction of completeIn was not committed when the handler returned";
    long delay = type.backoff().millisAfter(job.attempt(), random);
    Completion completion =
        job.attempt() < job.maxAttempts()
            ? Completion.retry(job, delay, error)
            : Completion.dead(job, DeadReason.ATTEMPTS_EXHAUSTED, error);
    return new Attempt(completion.quietly(), Outcome.DONE);
  }

  /** What becomes of a job whose handler did not end in time. */
  Attempt timedOut(JobType<?> type, ClaimedJob job) {
    String error = "timed out after " + type.timeout();
    return job.attempt() < job.maxAttempts()
        ? retry(type, job, null, error)
        : dead(job, DeadReason.ATTEMPTS_EXHAUSTED, error);
  }

  private Attempt failed(JobType<?> type, ClaimedJob job, Throwable thrown, DeadReason atTheEnd) {
    String error = Failures.text(thrown);
    if (!retries(type, thrown)) {
      return dead(job, DeadReason.NOT_RETRYABLE, error);
    }
    return job.attempt() < job.maxAttempts()
        ? retry(type, job, thrown, error)
        : dead(job, atTheEnd, error);
  }

  private static boolean retries(JobType<?> type, Throwable thrown) {
    try {
      return thrown instanceof RetryLater || type.retries(thrown);
    } catch (RuntimeException | Error broken) {
      LOG.warn("retryIf of job type {} threw, so the attempt is retried", type, broken);
      return true;
    }
  }

  private Attempt retry(JobType<?> type, ClaimedJob job, @Nullable Throwable thrown, String error) {
    long delay =
        thrown instanceof RetryLater later
            ? later.delay().toMillis()
            : type.backoff().millisAfter(job.attempt(), random);
    return new Attempt(Completion.retry(job, delay, error), Outcome.RETRIED);
  }

  private static Attempt dead(ClaimedJob job, DeadReason reason, String error) {
    LOG.warn(
        "job {} of type {} became a dead letter after {} attempts, {}: {}",
        job.id(),
        job.type(),
        job.attempt(),
        reason,
        error);
    return new Attempt(Completion.dead(job, reason, error), Outcome.DEAD);
  }
}
