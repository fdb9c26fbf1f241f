package io.perfkit.redis;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * The clients with open guards in this JVM. One lock for all of them is held while a guard is
 * opened or closed, but not during calls or while connections are returned.
 */
final class OpenClients {

  /* Invariants
   * O1  a client has one GuardedClient while it has a holder, and none otherwise.
   * O2  what all holders of a client keep leaves one connection of each pool to the host. */
  private static final IdentityHashMap<UnifiedJedis, OpenClient> OPEN = new IdentityHashMap<>();

  private OpenClients() {}

  /** An open client and its holders. */
  private static final class OpenClient {
    private final GuardedClient client;
    private final List<Holder> holders = new ArrayList<>();
    private final IdentityHashMap<MeterRegistry, BoundMeters> meters = new IdentityHashMap<>();

    OpenClient(GuardedClient client) {
      this.client = client;
    }
  }

  /** Meters of one client in one registry, as long as a holder registers them there. */
  private static final class BoundMeters {
    private final RedisMeters meters;
    private int holders;

    BoundMeters(RedisMeters meters) {
      this.meters = meters;
    }
  }

  /**
   * Adds a holder, and opens the client for the first one.
   *
   * @param config settings that the holder requires; absent to accept the client's
   * @param name name that the holder requires; absent to accept the client's
   */
  static synchronized GuardedClient hold(
      UnifiedJedis redis,
      Holder holder,
      @Nullable GuardConfig config,
      @Nullable String name,
      @Nullable MeterRegistry registry) {
    OpenClient known = OPEN.get(redis);
    if (known == null) {
      GuardConfig used = config == null ? GuardConfig.defaults() : config;
      known = new OpenClient(new GuardedClient(redis, freeName(name), used));
    } else {
      requireSame("config", config, known.client.config(), known);
      requireSame("name", name, known.client.name(), known);
    }
    requireRoom(known, holder); // O2
    if (known.holders.isEmpty()) {
      OPEN.put(redis, known);
      known.client.start();
    }
    known.holders.add(holder);
    known.client.heldBy(names(known.holders));
    if (registry != null) {
      GuardedClient client = known.client;
      known.meters.computeIfAbsent(registry, r -> new BoundMeters(new RedisMeters(r, client)))
          .holders++;
    }
    return known.client;
  }

  /**
   * Removes a holder.
   *
   * @return whether it was the last one; the client must then be closed
   */
  static synchronized boolean release(
      GuardedClient client, Holder holder, @Nullable MeterRegistry registry) {
    OpenClient known = OPEN.get(client.redis());
    if (known == null || known.client != client || !known.holders.remove(holder)) {
      throw new IllegalStateException(holder + " must hold " + client);
    }
    BoundMeters bound = registry == null ? null : known.meters.get(registry);
    if (bound != null && --bound.holders == 0) {
      known.meters.remove(registry);
      bound.meters.close();
    }
    if (!known.holders.isEmpty()) {
      client.heldBy(names(known.holders));
      return false;
    }
    OPEN.remove(client.redis()); // O1
    return true;
  }

  private static String freeName(@Nullable String wanted) {
    Set<String> taken = new HashSet<>();
    OPEN.values().forEach(open -> taken.add(open.client.name()));
    if (wanted != null) {
      if (taken.contains(wanted)) {
        throw new IllegalArgumentException(
            "name: " + Printable.of(wanted) + " (expected: one that no other open client has)");
      }
      return wanted;
    }
    String name = "redis";
    for (int i = 2; taken.contains(name); i++) {
      name = "redis-" + i;
    }
    return name;
  }

  private static void requireSame(
      String what, @Nullable Object wanted, Object used, OpenClient known) {
    if (wanted != null && !wanted.equals(used)) {
      throw new IllegalArgumentException(
          what
              + ": "
              + wanted
              + " (expected: "
              + used
              + ", which "
              + names(known.holders)
              + " opened this client with; the guards of one client share it, so give all of them"
              + " the same, or the others a client of their own)");
    }
  }

  private static String names(List<Holder> holders) {
    StringJoiner names = new StringJoiner(", ");
    holders.forEach(holder -> names.add(holder.name()));
    return names.toString();
  }

  private static void requireRoom(OpenClient known, Holder next) {
    int max = known.client.maxConnections();
    int lanes = known.client.config().lanes();
    int sum = lanes + next.connections();
    StringJoiner parts = new StringJoiner(", ").add(lanes + (lanes == 1 ? " lane" : " lanes"));
    for (Holder holder : known.holders) {
      sum += holder.connections();
      describe(holder, parts);
    }
    describe(next, parts);
    if (max >= 0 && sum >= max) {
      throw new IllegalArgumentException(
          "connections: "
              + sum
              + " that stay in use ("
              + parts
              + ") of the client's pool of "
              + max
              + " (expected: at most "
              + (max - 1)
              + ", so that the host's own calls find one; call"
              + " ConnectionPoolConfig.setMaxTotal with more than "
              + sum
              + ", or open fewer lanes by GuardConfig.withLanes)");
    }
  }

  private static void describe(Holder holder, StringJoiner parts) {
    if (holder.connections() > 0) {
      parts.add(holder.connections() + " for " + holder.name());
    }
  }
}
