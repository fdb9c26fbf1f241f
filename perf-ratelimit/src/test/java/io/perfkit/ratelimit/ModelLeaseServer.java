package io.perfkit.ratelimit;

import io.perfkit.ratelimit.LeaseServer.Grant;
import io.perfkit.ratelimit.LeaseServer.Want;
import java.util.Map;
import java.util.TreeMap;

/** What {@code lease.lua} does, once more in Java, and two ways to do it wrong. */
final class ModelLeaseServer {

  /** In which order a request is served. */
  enum Order {
    /** Adds what was regained, below what the leases were, and then settles. */
    REGAIN_FIRST,
    /** Settles and then adds what was regained, below what the leases are now. */
    SETTLE_FIRST,
    /** Does not count what the nodes hold. */
    LEASES_UNCOUNTED
  }

  private record Held(long sequence, long outstanding, long expires, long granted, boolean kept) {}

  private final Map<String, Held> leases = new TreeMap<>();
  private final Order order;
  private final long unit;
  private final long rate;
  private final long capacity;
  private final long life;
  private long level;
  private long last;

  ModelLeaseServer(Order order, Limit.TokenBucket bucket, long lifeMicros, long now) {
    this.order = order;
    this.unit = bucket.unitsPerPermit();
    this.rate = bucket.unitsPerMicro();
    this.capacity = bucket.burst() * unit;
    this.life = lifeMicros;
    this.level = capacity;
    this.last = now;
  }

  Grant lease(String node, Want want, long now) {
    Held mine = leases.get(node);
    if (mine != null && mine.sequence() > want.sequence()) {
      return new Grant(0, false, 0, 0);
    }
    if (mine != null && mine.sequence() == want.sequence()) {
      return new Grant(mine.granted(), mine.kept(), Math.max(0, mine.expires() - now), 0);
    }
    if (order != Order.SETTLE_FIRST) {
      regain(now);
    }
    boolean kept = mine != null && mine.sequence() == want.before();
    long held = 0;
    if (mine != null && kept) {
      long unused = Math.min(want.unused(), mine.outstanding());
      held = Math.min(want.held(), mine.outstanding() - unused);
      level += unused * unit;
    }
    leases.put(node, new Held(want.sequence(), held, now + life, 0, kept));
    if (order == Order.SETTLE_FIRST) {
      regain(now);
    }
    leases.entrySet().removeIf(e -> !e.getKey().equals(node) && e.getValue().expires() <= now);
    long available = level / unit;
    long share = Math.max(want.need(), -Math.floorDiv(-available, leases.size()));
    boolean enough = available >= want.need();
    long granted = enough ? Math.min(available, Math.min(want.want(), share)) : 0;
    long wait = enough ? 0 : -Math.floorDiv(-(want.need() * unit - level), rate);
    level -= granted * unit;
    if (held + granted > 0) {
      leases.put(node, new Held(want.sequence(), held + granted, now + life, granted, kept));
    } else {
      leases.remove(node);
    }
    return new Grant(granted, kept, life, wait);
  }

  private void regain(long now) {
    long outstanding = leases.values().stream().mapToLong(Held::outstanding).sum() * unit;
    long most = order == Order.LEASES_UNCOUNTED ? capacity : capacity - outstanding;
    level = Math.max(level, Math.min(most, level + (now - last) * rate));
    last = now;
  }
}
