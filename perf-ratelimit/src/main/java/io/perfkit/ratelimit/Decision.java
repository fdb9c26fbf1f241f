package io.perfkit.ratelimit;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A limiter's decision about one request. A refusal charges nothing. Thread safe.
 *
 * <p>Java 17 has no pattern switch, so the common questions have plain answers: {@link #allowed()},
 * {@link #retryAfter()}, {@link #binding()}.
 */
public sealed interface Decision {

  /** Whether the request may go on. */
  boolean allowed();

  /**
   * The status of each policy, in the order of the plan, without optional ones for which the
   * request has no key; empty if no policy was asked. A refusal that was answered from memory names
   * only the policy that refuses.
   */
  List<LimitStatus> limits();

  /**
   * Whether a policy could not ask Redis and was decided by its {@link Policy#onRedisDown()}.
   * Always false in process.
   */
  boolean degraded();

  /**
   * Time until the plan admits the same request if no other request comes; zero if it was admitted,
   * the duration of {@link java.time.temporal.ChronoUnit#FOREVER} if it never will be.
   */
  default Duration retryAfter() {
    return Duration.ZERO;
  }

  /**
   * The one status to show: for a refusal the one with the longest wait, otherwise the one with the
   * smallest remaining part. Excludes shadows.
   */
  default Optional<LimitStatus> binding() {
    LimitStatus binding = null;
    for (LimitStatus status : limits()) {
      if (!status.policy().shadow() && (binding == null || binds(status, binding))) {
        binding = status;
      }
    }
    return Optional.ofNullable(binding);
  }

  private static boolean binds(LimitStatus status, LimitStatus than) {
    int wait = status.retryAfter().compareTo(than.retryAfter());
    return wait > 0
        || (wait == 0
            && (double) status.remaining() / status.limit()
                < (double) than.remaining() / than.limit());
  }

  /** Why a request was refused. */
  enum Reason {
    /** Permits are spent; there will be more. */
    SPENT,
    /** The request costs more than the policy ever holds: no retry helps. */
    NEVER,
    /** {@link RateLimiter#block} is in force. */
    BLOCKED,
    /** Redis is down and a policy is {@link OnRedisDown.Kind#CLOSED}: not the client's fault. */
    UNAVAILABLE
  }

  /**
   * Every policy admitted the request, and was charged. {@link RateLimiter#refund} takes it back.
   */
  final class Allowed implements Decision {
    private final CheckResult result;

    Allowed(CheckResult result) {
      this.result = result;
    }

    @Override
    public boolean allowed() {
      return true;
    }

    @Override
    public List<LimitStatus> limits() {
      return result.limits();
    }

    @Override
    public boolean degraded() {
      return result.degraded();
    }

    CheckResult result() {
      return result;
    }

    @Override
    public String toString() {
      return "Allowed" + (degraded() ? "[degraded]" : "") + limits();
    }
  }

  /** At least one policy refused, and none was charged. */
  final class Denied implements Decision {
    private final Reason reason;
    private final CheckResult result;

    Denied(Reason reason, CheckResult result) {
      this.reason = reason;
      this.result = result;
    }

    /** The reason of the refusal; of several the one that lasts longest. */
    public Reason reason() {
      return reason;
    }

    @Override
    public boolean allowed() {
      return false;
    }

    @Override
    public List<LimitStatus> limits() {
      return result.limits();
    }

    @Override
    public boolean degraded() {
      return result.degraded();
    }

    @Override
    public Duration retryAfter() {
      return binding().map(LimitStatus::retryAfter).orElse(Duration.ZERO);
    }

    CheckResult result() {
      return result;
    }

    @Override
    public String toString() {
      return "Denied[" + reason + (degraded() ? ", degraded]" : "]") + limits();
    }
  }

  /** The principal is exempt, or the limiter disabled: no policy was asked or charged. */
  final class Bypassed implements Decision {
    static final Bypassed INSTANCE = new Bypassed();

    private Bypassed() {}

    @Override
    public boolean allowed() {
      return true;
    }

    @Override
    public List<LimitStatus> limits() {
      return List.of();
    }

    @Override
    public boolean degraded() {
      return false;
    }

    @Override
    public String toString() {
      return "Bypassed";
    }
  }
}
