package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import io.perfkit.ratelimit.CheckBatcher.Outcome;
import io.perfkit.ratelimit.CheckBatcher.Share;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Decides requests in Redis: one call of {@code check.lua} for all of them. Thread safe. */
final class CheckScript {
  private static final RedisScript SCRIPT = RedisScript.load(CheckScript.class, "check.lua");

  private static final int WRONG_CALENDAR = 2;
  private static final int MAX_REPEATS = 2;
  private static final long RETRY_MICROS = 1_000_000;
  private static final int ASK_BYTES = 5;
  private static final byte[] NO_LEASES = {};

  private final RedisGuard guard;
  private final BiFunction<Rule, String, byte[]> names;
  private final InstantSource wall;
  private final Supplier<byte[]> serverClock;

  /**
   * @param names returns the Redis key of a rule's state for a key
   * @param serverClock empty, or in tests the server's time
   */
  CheckScript(
      RedisGuard guard,
      BiFunction<Rule, String, byte[]> names,
      InstantSource wall,
      Supplier<byte[]> serverClock) {
    this.guard = guard;
    this.names = names;
    this.wall = wall;
    this.serverClock = serverClock;
  }

  /** As {@link CheckBatcher.Sender#send}. */
  List<Outcome> send(List<Share> shares) {
    return send(shares, wall, 0, false);
  }

  /** Charges a request whether or not there is room. */
  void charge(CheckRequest check) {
    List<Outcome> unused = send(List.of(new Share(check, 1)), wall, 0, true);
  }

  /**
   * @param calendar the time whose calendar intervals are sent along
   * @param charge whether to charge what there is no room for, too
   */
  private List<Outcome> send(
      List<Share> shares, InstantSource calendar, int repeats, boolean charge) {
    int rules = 0;
    int bytes = 0;
    boolean bucketsOnly = true;
    for (Share share : shares) {
      CheckRequest check = share.check();
      rules += check.size();
      bytes += ASK_BYTES;
      for (int i = 0; i < check.size(); i++) {
        bytes += check.rule(i).bytes();
        bucketsOnly &= check.rule(i).isBucket();
      }
    }
    Instant now = bucketsOnly ? Instant.EPOCH : calendar.instant();
    List<byte[]> leases = bucketsOnly ? List.of() : leases(shares);
    byte[][] args = new byte[2 + leases.size()][];
    args[0] = serverClock.get();
    args[1] = packed(shares, bytes, now, charge);
    for (int i = 0; i < leases.size(); i++) {
      args[2 + i] = leases.get(i);
    }
    Object reply = SCRIPT.run(guard, keys(shares, rules), List.of(args));
    ByteBuffer answers = ByteBuffer.wrap((byte[]) requireNonNull(reply, "reply"));
    return outcomes(shares, leases, answers, repeats, charge);
  }

  private List<byte[]> keys(List<Share> shares, int rules) {
    byte[][] keys = new byte[rules][];
    int at = 0;
    for (Share share : shares) {
      CheckRequest check = share.check();
      for (int i = 0; i < check.size(); i++) {
        keys[at++] = names.apply(check.rule(i), check.key(i));
      }
    }
    return List.of(keys);
  }

  private static byte[] packed(List<Share> shares, int bytes, Instant calendar, boolean charge) {
    ByteBuffer packed = ByteBuffer.allocate(bytes);
    for (Share share : shares) {
      CheckRequest check = share.check();
      packed.put((byte) check.size()).putInt(share.times());
      for (int i = 0; i < check.size(); i++) {
        if (charge) {
          check.rule(i).packCharge(packed, check.charge(i), calendar);
        } else {
          check.rule(i).pack(packed, check.cost(i), calendar);
        }
      }
    }
    return packed.array();
  }

  /** For each share the id of the permits that it will hold, or an empty one. */
  private static List<byte[]> leases(List<Share> shares) {
    List<byte[]> ids = new ArrayList<>(shares.size());
    for (Share share : shares) {
      ids.add(share.times() > 0 && share.check().holds() ? lease() : NO_LEASES);
    }
    return ids;
  }

  private static byte[] lease() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(random.nextLong())
        .putLong(random.nextLong())
        .array();
  }

  private List<Outcome> outcomes(
      List<Share> shares, List<byte[]> leases, ByteBuffer reply, int repeats, boolean charge) {
    List<Outcome> outcomes = new ArrayList<>(shares.size());
    long now = reply.getLong();
    for (int i = 0; i < shares.size(); i++) {
      CheckRequest check = shares.get(i).check();
      byte[] held = leases.isEmpty() ? NO_LEASES : leases.get(i);
      long[] numbers = new long[check.size() * CheckResult.WIDTH];
      int admitted = 0;
      boolean decided = true;
      for (int rule = 0; rule < check.size(); rule++) {
        int at = rule * CheckResult.WIDTH;
        admitted = reply.getInt();
        numbers[at + CheckResult.CODE] = reply.get();
        numbers[at + CheckResult.LIMIT] = check.rule(rule).policy().limit().capacity();
        numbers[at + CheckResult.REMAINING] = reply.getLong();
        numbers[at + CheckResult.RESET] = reply.getLong();
        numbers[at + CheckResult.WAIT] = reply.getLong();
        numbers[at + CheckResult.TIME] = reply.getLong();
        decided &= numbers[at + CheckResult.CODE] != WRONG_CALENDAR;
      }
      if (!decided && repeats < MAX_REPEATS) { // this node's clock is an interval off
        outcomes.add(send(List.of(shares.get(i)), () -> instant(now), repeats + 1, charge).get(0));
      } else {
        outcomes.add(new Outcome(admitted, new CheckResult(check, refusal(numbers), held, false)));
      }
    }
    return outcomes;
  }

  /** The refusal for a server whose clock jumps between calls, and which so decides nothing. */
  private static long[] refusal(long[] numbers) {
    for (int at = 0; at < numbers.length; at += CheckResult.WIDTH) {
      if (numbers[at + CheckResult.CODE] == WRONG_CALENDAR) {
        numbers[at + CheckResult.CODE] = CheckResult.SPENT;
        numbers[at + CheckResult.WAIT] = RETRY_MICROS;
      }
    }
    return numbers;
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
