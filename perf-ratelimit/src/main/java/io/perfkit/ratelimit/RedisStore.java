package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.redis.BreakerState;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The store that counts in Redis. Each operation is one script. Thread safe.
 *
 * <pre>
 * state  prefix:{prefix.limits}:v1:policy:key   as check.lua says, until all permits are there again
 * </pre>
 *
 * All keys of a limiter share one slot, so that any policies of any keys can be decided together
 * and a policy that stands in several plans counts once.
 */
final class RedisStore implements Store {

  /* Invariants
   * S1  one script decides all rules of a request, by one reading of the server's clock.
   * S2  a refused request charges nothing: the script writes after it has decided.
   * S3  a state expires no sooner than all its permits are there again.
   * S4  no command is sent twice: a lost reply charges at most once, and refunds at most once. */
  private static final RedisScript REFUND = RedisScript.load(RedisStore.class, "refund.lua");
  private static final RedisScript RENEW = RedisScript.load(RedisStore.class, "renew.lua");
  private static final RedisScript BLOCK = RedisScript.load(RedisStore.class, "block.lua");
  static final RedisScript RESET = RedisScript.load(RedisStore.class, "reset.lua");

  private final RedisGuard guard;
  private final KeySpace keys;
  private final ConcurrentMap<Rule, KeySpace.Kind> kinds = new ConcurrentHashMap<>();
  private final FallbackStore fallback;
  private final Supplier<byte[]> serverClock;
  private final CheckScript checks;
  private final CheckBatcher batcher;

  /**
   * @param serverClock empty, or in tests the server's time
   */
  RedisStore(
      RedisGuard guard,
      String prefix,
      FallbackStore fallback,
      InstantSource wall,
      Supplier<byte[]> serverClock) {
    this.guard = guard;
    this.keys = keySpace(prefix);
    this.fallback = fallback;
    this.serverClock = serverClock;
    this.checks = new CheckScript(guard, this::key, wall, serverClock);
    this.batcher = new CheckBatcher(checks::send, fallback::mirror, guard);
  }

  /**
   * The prefix is part of the tag too, so that limiters of several prefixes have several slots.
   *
   * @throws IllegalArgumentException for an invalid prefix
   */
  static KeySpace keySpace(String prefix) {
    return KeySpace.of(prefix, prefix + ".limits");
  }

  @Override
  public CheckResult decide(CheckRequest check, boolean charge) {
    if (check.size() == 0) {
      return CheckResult.of(check, new long[0]);
    }
    CheckResult result = batcher.decide(check, charge);
    return result == null ? fallback.decide(check, charge) : result;
  }

  private List<byte[]> keys(CheckRequest check) {
    List<byte[]> states = new ArrayList<>(check.size());
    for (int i = 0; i < check.size(); i++) {
      states.add(key(check.rule(i), check.key(i)));
    }
    return states;
  }

  private byte[] key(Rule rule, String key) {
    Rule base = rule.base(); // those of single keys come and go
    KeySpace.Kind known = kinds.get(base);
    return (known != null ? known : kinds.computeIfAbsent(base, this::kind)).key(key);
  }

  private KeySpace.Kind kind(Rule rule) {
    return keys.kind(rule.policy().name());
  }

  @Override
  public boolean giveBack(CheckResult result, CheckResult.Refund refund, Predicate<Rule> which) {
    if (result.degraded()) {
      return fallback.giveBack(result, refund, which);
    }
    CheckRequest check = result.check();
    List<byte[]> states = new ArrayList<>();
    List<byte[]> args = new ArrayList<>();
    args.add(serverClock.get());
    args.add(result.leases());
    for (int i = 0; i < check.size(); i++) {
      if (result.code(i) == CheckResult.ADMITS && which.test(check.rule(i))) {
        states.add(key(check.rule(i), check.key(i)));
        ByteBuffer packed = ByteBuffer.allocate(Rule.BYTES + Long.BYTES);
        long charged = check.cost(i, refund.of());
        check.rule(i).pack(packed, result.cost(i, refund), charged);
        args.add(packed.putLong(result.time(i)).array());
      }
    }
    if (states.isEmpty()) {
      return true;
    }
    try {
      REFUND.run(guard, states, args);
      return true;
    } catch (RedisException | IllegalStateException e) { // down, or the guard is closed
      return false;
    }
  }

  @Override
  public boolean charge(CheckRequest check) {
    fallback.charge(check);
    try {
      checks.charge(check);
      return true;
    } catch (RedisException e) {
      return false;
    }
  }

  @Override
  public boolean renew(CheckResult result) {
    if (result.degraded()) {
      return fallback.renew(result);
    }
    CheckRequest held = result.check().only(result::isHeld);
    List<byte[]> args = new ArrayList<>();
    args.add(serverClock.get());
    args.add(result.leases());
    for (int i = 0; i < held.size(); i++) {
      ByteBuffer packed = ByteBuffer.allocate(Rule.BYTES);
      held.rule(i).pack(packed, held.cost(i));
      args.add(packed.array());
    }
    try {
      return held.size() == 0 || Long.valueOf(1).equals(RENEW.run(guard, keys(held), args));
    } catch (RedisException e) {
      return false;
    }
  }

  @Override
  public void block(CheckRequest check, Duration duration) {
    List<byte[]> args = new ArrayList<>();
    args.add(serverClock.get());
    args.add(Long.toString(Limit.micros(duration)).getBytes(US_ASCII));
    for (int i = 0; i < check.size(); i++) {
      args.add(new byte[] {(byte) check.rule(i).kind()});
    }
    change(BLOCK, check, args);
    fallback.block(check, duration);
  }

  @Override
  public void reset(CheckRequest check) {
    change(RESET, check, List.of());
    fallback.reset(check);
  }

  private void change(RedisScript script, CheckRequest check, List<byte[]> args) {
    if (check.size() > 0) {
      script.run(guard, keys(check), args);
    }
  }

  @Override
  public BreakerState breaker() {
    return guard.breaker();
  }

  @Override
  public int keys() {
    return fallback.keys();
  }

  @Override
  public boolean isFull() {
    return fallback.isFull();
  }

  @Override
  public long overflows() {
    return fallback.overflows();
  }

  @Override
  public void close() {
    guard.close();
    fallback.close();
  }

  @Override
  public String toString() {
    return "RedisStore[" + keys.prefix() + ", " + guard + "]";
  }
}
