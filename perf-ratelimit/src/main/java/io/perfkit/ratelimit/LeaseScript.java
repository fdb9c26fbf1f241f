package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.time.Duration;
import java.util.List;

/**
 * A shared token bucket in Redis: one script call for each request for permits. {@code lease.lua}
 * describes the stored state. Thread safe.
 */
final class LeaseScript implements LeaseServer {
  private static final RedisScript SCRIPT = RedisScript.load(LeaseScript.class, "lease.lua");

  private final RedisGuard guard;
  private final List<byte[]> keys;
  private final List<byte[]> limit;
  private final byte[] node;
  private final byte[] life;

  /**
   * @param node identifies this node, since its start, among all others
   */
  LeaseScript(RedisGuard guard, byte[] key, Limit.TokenBucket bucket, String node, Duration life) {
    this.guard = guard;
    this.keys = List.of(key);
    this.limit =
        List.of(
            bytes(bucket.unitsPerPermit()),
            bytes(bucket.unitsPerMicro()),
            bytes(bucket.burst() * bucket.unitsPerPermit()));
    this.node = node.getBytes(US_ASCII);
    this.life = bytes(life.toNanos() / 1_000);
  }

  @Override
  public Grant lease(Want want) {
    return lease(want, "");
  }

  /**
   * @param nowMicros the time instead of the server's, for tests
   */
  Grant lease(Want want, String nowMicros) {
    List<byte[]> args =
        List.of(
            limit.get(0),
            limit.get(1),
            limit.get(2),
            node,
            bytes(want.sequence()),
            bytes(want.before()),
            bytes(want.held()),
            bytes(want.unused()),
            bytes(want.need()),
            bytes(want.want()),
            life,
            nowMicros.getBytes(US_ASCII));
    List<?> reply = (List<?>) requireNonNull(SCRIPT.run(guard, keys, args), "reply");
    return new Grant(number(reply, 0), number(reply, 1) == 1, number(reply, 2), number(reply, 3));
  }

  private static long number(List<?> reply, int index) {
    return (Long) reply.get(index);
  }

  private static byte[] bytes(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
