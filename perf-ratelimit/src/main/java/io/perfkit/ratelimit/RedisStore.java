package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.redis.GuardConfig;
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
 * Counts in Redis. Each operation is one script. Thread safe.
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
   * S2  what is refused charges nothing: the script writes after it has decided.
   * S3  a state is gone no sooner than its permits are all there again.
   * S4  nothing is sent twice: a lost reply charges at most once, and refunds at most once. */
  private static final RedisScript REFUND = RedisScript.load(RedisStore.class, "refund.lua");
  private static final RedisScript BLOCK = RedisScript.load(RedisStore.class, "block.lua");
  private static final RedisScript RESET = RedisScript.load(RedisStore.class, "reset.lua");

  private final RedisGuard guard;
  private final KeySpace keys;
  private final ConcurrentMap<Rule, KeySpace.Kind> kinds = new ConcurrentHashMap<>();
  private final StandIn standIn;
  private final Supplier<byte[]> serverClock;
  private final Crowd crowd;

  /**
   * @param config the guard's
   * @param serverClock nothing, or in tests the server's time
   */
  RedisStore(
      RedisGuard guard,
      GuardConfig config,
      String prefix,
      StandIn standIn,
      InstantSource wall,
      Supplier<byte[]> serverClock) {
    this.guard = guard;
    this.keys = keySpace(prefix);
    this.standIn = standIn;
    this.serverClock = serverClock;
    this.crowd =
        new Crowd(
            new CheckScript(guard, this::key, wall, serverClock)::send, standIn::mirror, config);
  }

  /**
   * The prefix is part of the tag too, so that limiters of several prefixes have several slots.
   *
   * @throws IllegalArgumentException for a prefix that can't be
   */
  static KeySpace keySpace(String prefix) {
    return KeySpace.of(prefix, prefix + ".limits");
  }

  @Override
  public Standing decide(Ask ask, boolean charge) {
    if (ask.size() == 0) {
      return Standing.of(ask, new long[0]);
    }
    Standing standing = crowd.decide(ask, charge);
    return standing == null ? standIn.decide(ask, charge) : standing;
  }

  private List<byte[]> keys(Ask ask) {
    List<byte[]> states = new ArrayList<>(ask.size());
    for (int i = 0; i < ask.size(); i++) {
      states.add(key(ask.rule(i), ask.key(i)));
    }
    return states;
  }

  private byte[] key(Rule rule, String key) {
    KeySpace.Kind known = kinds.get(rule);
    return (known != null ? known : kinds.computeIfAbsent(rule, this::kind)).key(key);
  }

  private KeySpace.Kind kind(Rule rule) {
    return keys.kind(rule.policy().name());
  }

  @Override
  public boolean giveBack(Standing standing, Predicate<Rule> which) {
    if (standing.degraded()) {
      return standIn.giveBack(standing, which);
    }
    Ask ask = standing.ask();
    List<byte[]> states = new ArrayList<>();
    List<byte[]> args = new ArrayList<>();
    args.add(serverClock.get());
    args.add(standing.leases());
    for (int i = 0; i < ask.size(); i++) {
      if (standing.code(i) == Standing.ADMITS && which.test(ask.rule(i))) {
        states.add(key(ask.rule(i), ask.key(i)));
        ByteBuffer packed = ByteBuffer.allocate(Rule.BYTES + Long.BYTES);
        ask.rule(i).pack(packed, ask.cost(i));
        args.add(packed.putLong(standing.time(i)).array());
      }
    }
    if (states.isEmpty()) {
      return true;
    }
    try {
      REFUND.run(guard, states, args);
      return true;
    } catch (RedisException e) {
      return false;
    }
  }

  @Override
  public void block(Ask ask, Duration duration) {
    List<byte[]> args = new ArrayList<>();
    args.add(serverClock.get());
    args.add(Long.toString(Limit.micros(duration)).getBytes(US_ASCII));
    for (int i = 0; i < ask.size(); i++) {
      args.add(new byte[] {(byte) ask.rule(i).kind()});
    }
    change("block", BLOCK, ask, args);
    standIn.block(ask, duration);
  }

  @Override
  public void reset(Ask ask) {
    change("reset", RESET, ask, List.of());
    standIn.reset(ask);
  }

  private void change(String what, RedisScript script, Ask ask, List<byte[]> args) {
    if (ask.size() == 0) {
      return;
    }
    try {
      script.run(guard, keys(ask), args);
    } catch (RedisException e) {
      throw new RedisDown(what + " of " + ask.size() + " policies: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean available() {
    return guard.available();
  }

  @Override
  public int keys() {
    return standIn.keys();
  }

  @Override
  public long overflows() {
    return standIn.overflows();
  }

  @Override
  public void close() {
    guard.close();
    standIn.close();
  }

  @Override
  public String toString() {
    return "RedisStore[" + keys.prefix() + ", " + guard + "]";
  }
}
