package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.perfkit.ratelimit.Crowds.Outcome;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
  private static final RedisScript CHECK = RedisScript.load(RedisStore.class, "check.lua");
  private static final RedisScript REFUND = RedisScript.load(RedisStore.class, "refund.lua");
  private static final RedisScript BLOCK = RedisScript.load(RedisStore.class, "block.lua");
  private static final RedisScript RESET = RedisScript.load(RedisStore.class, "reset.lua");

  private static final int WRONG_CALENDAR = 2;
  private static final int RULE_BYTES = 50;
  private static final int HEAD_BYTES = 2 * Long.BYTES;
  private static final byte[] NOTHING = {};

  private final RedisGuard guard;
  private final KeySpace keys;
  private final StandIn standIn;
  private final InstantSource wall;
  private final Supplier<byte[]> serverClock;
  private final Crowds crowds;

  /**
   * @param budget the guard's
   * @param serverClock nothing, or in tests the server's time
   */
  RedisStore(
      RedisGuard guard,
      Duration budget,
      String prefix,
      StandIn standIn,
      InstantSource wall,
      Supplier<byte[]> serverClock) {
    this.guard = guard;
    this.keys = keySpace(prefix);
    this.standIn = standIn;
    this.wall = wall;
    this.serverClock = serverClock;
    this.crowds = new Crowds(this::send, budget);
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
    Standing standing = charge && !ask.holds() ? crowds.decide(ask) : alone(ask, charge);
    if (standing == null) {
      return standIn.decide(ask, charge);
    }
    if (charge && standing.worst() < 0) {
      standIn.mirror(ask);
    }
    return standing;
  }

  /** Decides what is no matter of others; null if Redis can't be asked. */
  private @Nullable Standing alone(Ask ask, boolean charge) {
    try {
      return send(ask, charge ? 1 : 0).standing();
    } catch (RedisException e) {
      return null;
    }
  }

  private Outcome send(Ask ask, int times) {
    byte[] leases = times > 0 ? leases(ask) : NOTHING;
    ByteBuffer reply = ask(ask, times, leases, wall.instant());
    if (reply.get(HEAD_BYTES) == WRONG_CALENDAR) { // then our clock is an interval off
      reply = ask(ask, times, leases, instant(reply.getLong(0)));
    }
    int admitted = (int) reply.getLong(Long.BYTES);
    return new Outcome(admitted, new Standing(ask, numbers(ask, reply), leases, false));
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  /** An id for what {@code ask} will hold; it need not hold anything. */
  private static byte[] leases(Ask ask) {
    if (!ask.holds()) {
      return NOTHING;
    }
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(random.nextLong())
        .putLong(random.nextLong())
        .array();
  }

  private ByteBuffer ask(Ask ask, int times, byte[] leases, Instant now) {
    List<byte[]> args = new ArrayList<>(3 + ask.size());
    args.add(serverClock.get());
    args.add(Integer.toString(times).getBytes(US_ASCII));
    args.add(leases);
    for (int i = 0; i < ask.size(); i++) {
      args.add(packed(ask.rule(i), ask.cost(i), now, RULE_BYTES).array());
    }
    return ByteBuffer.wrap((byte[]) requireNonNull(CHECK.run(guard, keys(ask), args)));
  }

  private List<byte[]> keys(Ask ask) {
    List<byte[]> states = new ArrayList<>(ask.size());
    for (int i = 0; i < ask.size(); i++) {
      states.add(key(ask.rule(i), ask.key(i)));
    }
    return states;
  }

  byte[] key(Rule rule, String key) {
    return keys.key(rule.policy().name(), key);
  }

  /** The numbers of a rule without calendar, as scripts take them. */
  static byte[] packed(Rule rule, long cost) {
    return packed(rule, cost, Instant.EPOCH, RULE_BYTES).array();
  }

  private static ByteBuffer packed(Rule rule, long cost, Instant now, int bytes) {
    ByteBuffer packed =
        ByteBuffer.allocate(bytes)
            .put((byte) rule.kind())
            .put((byte) (rule.policy().shadow() ? '1' : '0'))
            .putLong(cost)
            .putLong(rule.policy().limit().capacity());
    if (rule.policy().limit() instanceof Limit.CalendarQuota quota) {
      for (long boundary : Calendar.around(quota, now)) {
        packed.putLong(boundary);
      }
      return packed;
    }
    return packed.putLong(rule.a()).putLong(rule.b()).putLong(0).putLong(0);
  }

  private static long[] numbers(Ask ask, ByteBuffer reply) {
    long[] numbers = new long[ask.size() * Standing.WIDTH];
    reply.position(HEAD_BYTES);
    for (int i = 0; i < ask.size(); i++) {
      int at = i * Standing.WIDTH;
      numbers[at + Standing.CODE] = reply.get();
      numbers[at + Standing.LIMIT] = ask.rule(i).policy().limit().capacity();
      numbers[at + Standing.REMAINING] = reply.getLong();
      numbers[at + Standing.RESET] = reply.getLong();
      numbers[at + Standing.WAIT] = reply.getLong();
      numbers[at + Standing.TIME] = reply.getLong();
    }
    return numbers;
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
        args.add(
            packed(ask.rule(i), ask.cost(i), Instant.EPOCH, RULE_BYTES + Long.BYTES)
                .putLong(standing.time(i))
                .array());
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
