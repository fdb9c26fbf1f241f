package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.InvalidationChannel.Kind;
import io.perfkit.redis.CommandRejected;
import io.perfkit.redis.Printable;
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
 * @param clock by which a script knows whether its caller still waits
 */
record SharedScripts(
    String kind,
    String name,
    Function<Object, Address> address,
    SharedCounters counters,
    RedisGuard guard,
    InvalidationChannel channel,
    ServerClock clock) {
  private static final int ATTEMPTS = 2;

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

  /**
   * Runs a script that changes a structure, unless it comes when its caller waits no longer. Its
   * first arguments are the channel and the message for all nodes, and the deadline. One round
   * trip; two if the server's clock is not known yet or has jumped.
   *
   * @throws RedisUnavailable as {@link #run} throws it, but the script does not run later
   * @throws SharedRejected if Redis refused it
   */
  Object write(RedisScript script, Address at, byte[]... args) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) { // a late one has learned the clock
      long sent = clock.now();
      List<?> reply = (List<?>) run(script, at, announced(at, args));
      clock.told(at.partition(), sent, (Long) reply.get(0));
      if (reply.size() > 1) {
        return requireNonNull(reply.get(1));
      }
    }
    throw late(at);
  }

  /** As {@link #write}, on each of several structures. One round trip to each Redis node. */
  void writeAll(RedisScript script, List<Address> all) {
    List<Address> left = all;
    for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
      long sent = clock.now();
      List<Object> replies = runAll(script, left, this::announced);
      List<Address> late = new ArrayList<>();
      for (int i = 0; i < replies.size(); i++) {
        List<?> reply = (List<?>) replies.get(i);
        clock.told(left.get(i).partition(), sent, (Long) reply.get(0));
        if (reply.size() == 1) {
          late.add(left.get(i));
        }
      }
      left = late;
    }
    if (!left.isEmpty()) {
      throw late(left.get(0));
    }
  }

  private RedisUnavailable late(Address at) {
    counters.redisFailures.increment();
    return new RedisUnavailable(
        title(at) + ": the write came after the budget of its caller, and changed nothing", null);
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

  /**
   * The arguments by which a script publishes its change to all nodes and knows whether its caller
   * waits, then its own arguments.
   */
  private List<byte[]> announced(Address at, byte[]... args) {
    List<byte[]> all = new ArrayList<>(args.length + 3);
    all.add(channel.name());
    all.add(channel.message(Kind.CHANGED, name, at.hash()));
    all.add(SharedCopies.ascii(clock.deadline(at.partition())));
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
