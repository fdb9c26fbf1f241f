package io.perfkit.ratelimit;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers of one decision, and the data that a refund needs. Statuses are made on demand only.
 * Thread safe.
 */
final class CheckResult {
  /** A wait that never ends: waiting does not help. */
  static final long NEVER = Long.MAX_VALUE;

  static final int ADMITS = 0;
  static final int SPENT = 1;
  static final int BLOCKED = 3;
  static final int DOWN = 4;

  /** Places in the numbers of one rule; spans in microseconds, time as the store counts it. */
  static final int CODE = 0;

  static final int LIMIT = 1;
  static final int REMAINING = 2;
  static final int RESET = 3;
  static final int WAIT = 4;
  static final int TIME = 5;
  static final int WIDTH = 6;

  private static final byte[] NO_LEASES = {};

  private final CheckRequest check;
  private final long[] numbers;
  private final byte[] leases;
  private final boolean degraded;

  /* Guarded by this. */
  private long refunded;
  private boolean released;
  private boolean renewed;
  private long renewedAt;

  /**
   * @param numbers {@link #WIDTH} for each rule of {@code check}, which no longer change
   * @param leases the id under which permits are held
   */
  CheckResult(CheckRequest check, long[] numbers, byte[] leases, boolean degraded) {
    this.check = check;
    this.numbers = numbers;
    this.leases = leases;
    this.degraded = degraded;
  }

  static CheckResult of(CheckRequest check, long[] numbers) {
    return new CheckResult(check, numbers, NO_LEASES, false);
  }

  /** The same numbers for another request, which can be refunded by itself. */
  CheckResult another() {
    return new CheckResult(check, numbers, leases, degraded);
  }

  /** The part of one rule. */
  CheckResult only(int rule) {
    return new CheckResult(
        check.only(i -> i == rule),
        Arrays.copyOfRange(numbers, rule * WIDTH, (rule + 1) * WIDTH),
        leases,
        degraded);
  }

  /** The same result, except that {@code rule}, with its key in {@code asked}, never admits. */
  CheckResult withNever(Rule rule, CheckRequest asked) {
    int at = 0;
    while (at < check.size() && check.rule(at) != rule) {
      at++;
    }
    if (at == check.size()) { // the fallback may know only some of the rules
      long[] unknown = new long[WIDTH];
      unknown[LIMIT] = rule.policy().limit().capacity();
      CheckRequest alone = asked.only(i -> asked.rule(i) == rule);
      return new CheckResult(alone, unknown, leases, degraded).withNever(rule, asked);
    }
    long[] changed = numbers.clone();
    changed[at * WIDTH + CODE] = SPENT;
    changed[at * WIDTH + WAIT] = NEVER;
    return new CheckResult(check, changed, leases, degraded);
  }

  CheckResult asDegraded() {
    return new CheckResult(check, numbers, leases, true);
  }

  Decision decision() {
    return decision(worst());
  }

  /**
   * @param worst {@link #worst()}, where it is known
   */
  Decision decision(int worst) {
    return worst < 0
        ? new Decision.Allowed(this)
        : new Decision.Denied(reason(code(worst), wait(worst)), this);
  }

  /** The rule that refuses for longest, shadows excluded; below 0 if none refuses. */
  int worst() {
    int worst = -1;
    for (int i = 0; i < check.size(); i++) {
      if (code(i) != ADMITS
          && !check.rule(i).policy().shadow()
          && (worst < 0 || wait(i) > wait(worst))) {
        worst = i;
      }
    }
    return worst;
  }

  private static Decision.Reason reason(int code, long wait) {
    if (wait == NEVER) {
      return Decision.Reason.NEVER;
    }
    return switch (code) {
      case BLOCKED -> Decision.Reason.BLOCKED;
      case DOWN -> Decision.Reason.UNAVAILABLE;
      default -> Decision.Reason.SPENT;
    };
  }

  List<LimitStatus> limits() {
    List<LimitStatus> limits = new ArrayList<>(check.size());
    for (int i = 0; i < check.size(); i++) {
      limits.add(
          new LimitStatus(
              check.rule(i).policy(),
              number(i, LIMIT),
              number(i, REMAINING),
              duration(number(i, RESET)),
              duration(wait(i))));
    }
    return List.copyOf(limits);
  }

  private static Duration duration(long micros) {
    return micros == NEVER
        ? ChronoUnit.FOREVER.getDuration()
        : Duration.of(micros, ChronoUnit.MICROS);
  }

  CheckRequest check() {
    return check;
  }

  int code(int rule) {
    return (int) number(rule, CODE);
  }

  /** Microseconds until rule {@code rule} admits. */
  long wait(int rule) {
    return number(rule, WAIT);
  }

  /**
   * When rule {@code rule} was charged, or its held permits were renewed, by the clock of the store
   * that counts.
   */
  synchronized long time(int rule) {
    return renewed && check.rule(rule).leases() ? renewedAt : number(rule, TIME);
  }

  /** Sets the time from which held permits are held anew. */
  synchronized void renewedAt(long time) {
    renewed = true;
    renewedAt = time;
  }

  /** Copies the numbers of one rule to the place of another one. */
  void copy(int rule, long[] target, int place) {
    System.arraycopy(numbers, rule * WIDTH, target, place * WIDTH, WIDTH);
  }

  private long number(int rule, int place) {
    return numbers[rule * WIDTH + place];
  }

  byte[] leases() {
    return leases;
  }

  boolean degraded() {
    return degraded;
  }

  /**
   * Marks permits as refunded: each of the request's permits is taken back once.
   *
   * @param permits at most what the request cost; 0 for all that are left
   * @return the refund, of no permits if fewer are left
   */
  synchronized Refund takeRefund(long permits) {
    long left = check.permits() - refunded;
    long taken = permits == 0 ? left : permits <= left ? permits : 0;
    refunded += taken;
    return new Refund(taken, left);
  }

  /** The permits of rule {@code rule} that a refund takes back: all of those that are held. */
  long cost(int rule, Refund refund) {
    return check.rule(rule).leases() ? check.cost(rule) : check.cost(rule, refund.permits());
  }

  /** All permits of the request, whatever was refunded. */
  Refund whole() {
    return new Refund(check.permits(), check.permits());
  }

  /**
   * A part of a charge that is taken back.
   *
   * @param permits to be refunded
   * @param of the charge that was not refunded before, these permits included
   */
  record Refund(long permits, long of) {
    boolean isWhole() {
      return permits == of;
    }
  }

  /** Whether the request holds permits of rule {@code rule}: a shadow that refused gave none. */
  boolean isHeld(int rule) {
    return check.rule(rule).leases() && code(rule) == ADMITS;
  }

  /** Whether permits are held that were not released. */
  synchronized boolean holds() {
    return !released && check.holds();
  }

  /** True for the first caller only, if permits are held. */
  synchronized boolean takeRelease() {
    boolean first = !released && check.holds();
    released = true;
    return first;
  }
}
