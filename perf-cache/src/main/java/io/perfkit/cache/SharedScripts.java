package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.InvalidationChannel.Kind;
import io.perfkit.cache.internal.Printable;
import io.perfkit.redis.CommandRejected;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.RedisScript.Call;
import io.perfkit.redis.RedisScript.Reply;
import io.perfkit.redis.RedisUnavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Runs scripts on the structures of one kind and name, each on one structure's key, and translates
 * the failures of Redis into exceptions. Thread safe.
 *
 * @param kind for messages
 * @param name of the messages to other nodes
 * @param address of the structure with an id
 */
record SharedScripts(
    String kind,
    String name,
    Function<Object, Address> address,
    SharedCounters counters,
    RedisGuard guard,
    InvalidationChannel channel) {

  CacheHealth health(long now) {
    return new CacheHealth(guard.breaker(), channel.subscribed(), channel.heartbeatAge(now), 0);
  }

  Address at(Object id) {
    return address.apply(id);
  }

  /**
   * Runs a script. One round trip.
   *
   * @throws RedisUnavailable if Redis gave no answer: unless the message says that the script was
   *     not sent, it may have run, or may run later
   * @throws SharedRejected if Redis refused it
   */
  Object run(RedisScript script, Address at, List<byte[]> args) {
    try {
      return requireNonNull(script.run(guard, key(at), args));
    } catch (RedisUnavailable e) {
      throw down(at, e);
    } catch (CommandRejected e) {
      throw refused(at, e);
    }
  }

  /** Runs a script on each of several structures. One round trip to each Redis node. */
  List<Object> runAll(RedisScript script, List<Address> all, Function<Address, List<byte[]>> args) {
    List<Call> calls = all.stream().map(at -> new Call(key(at), args.apply(at))).toList();
    List<Reply> replies;
    try {
      replies = script.runAll(guard, calls);
    } catch (RedisUnavailable e) {
      throw down(all.get(0), e);
    }
    List<Object> values = new ArrayList<>(replies.size());
    for (int i = 0; i < replies.size(); i++) {
      Reply reply = replies.get(i);
      if (reply.error() != null) {
        throw refused(all.get(i), reply.error());
      }
      values.add(requireNonNull(reply.value()));
    }
    return values;
  }

  private static List<byte[]> key(Address at) {
    return List.of(at.redisKey().array());
  }

  /** The arguments by which a script publishes its change to all nodes, then its own arguments. */
  List<byte[]> announced(Address at, byte[]... args) {
    List<byte[]> all = new ArrayList<>(args.length + 2);
    all.add(channel.name());
    all.add(channel.message(Kind.CHANGED, name, at.hash()));
    all.addAll(List.of(args));
    return all;
  }

  private RedisUnavailable down(Address at, RedisUnavailable cause) {
    counters.redisFailures.increment();
    return new RedisUnavailable(title(at) + ": " + cause.getMessage(), cause);
  }

  private SharedRejected refused(Address at, Exception cause) {
    counters.redisFailures.increment();
    boolean foreign = String.valueOf(cause.getMessage()).contains("WRONGTYPE");
    String why =
        foreign
            ? "another type stands at its key (expected: written by this structure alone;"
                + " clear() makes room)"
            : "Redis refused";
    return new SharedRejected(title(at) + ": " + why, cause);
  }

  /** The exception of a structure that rejects an operation for a reason of its own. */
  SharedRejected rejected(Object id, String why) {
    return new SharedRejected(title(at(id)) + ": " + why, null);
  }

  private String title(Address at) {
    return this + (at.text().isEmpty() ? "" : " of " + Printable.of(at.text()));
  }

  @Override
  public String toString() {
    return kind + " '" + name + "'";
  }
}
