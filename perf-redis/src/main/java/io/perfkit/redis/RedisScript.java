package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A Lua script that Redis runs atomically. It is sent as its digest ({@code EVALSHA}); only a
 * server that does not hold it gets the text ({@code EVAL}). That is safe, since a refused digest
 * ran nothing. All keys of a call must share a slot, on every kind of server, so that a mistake
 * shows before the script runs on a Cluster. Immutable, thread safe.
 */
public final class RedisScript {
  private final String name;
  private final byte[] text;
  private final byte[] digest;

  private RedisScript(String name, byte[] text) {
    this.name = name;
    this.text = text;
    this.digest = sha1(text);
  }

  /**
   * The script in the resource {@code name} beside {@code owner}.
   *
   * @throws IllegalArgumentException if there is no such resource
   */
  public static RedisScript load(Class<?> owner, String name) {
    try (InputStream resource = owner.getResourceAsStream(requireNonNull(name, "name"))) {
      if (resource == null) {
        throw new IllegalArgumentException(
            "name: '" + name + "' (expected: a resource in " + owner.getPackageName() + ")");
      }
      return new RedisScript(name, resource.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("reading the script " + name, e);
    }
  }

  /**
   * One call of a script. Immutable.
   *
   * @param keys what the script reads and writes: at least one, and all in one slot
   * @param args what it finds in {@code ARGV}, in this order
   */
  public record Call(List<byte[]> keys, List<byte[]> args) {
    public Call {
      keys = List.copyOf(keys);
      args = List.copyOf(args);
      if (keys.isEmpty()) {
        throw new IllegalArgumentException("keys: [] (expected: at least one, to find its node)");
      }
      int slot = JedisClusterCRC16.getSlot(keys.get(0));
      for (byte[] key : keys) {
        if (JedisClusterCRC16.getSlot(key) != slot) {
          throw new IllegalArgumentException(
              "keys: in different slots (expected: one hash tag for all keys of a script)");
        }
      }
    }
  }

  /**
   * Result of one call of {@link #runAll}.
   *
   * @param value what the script returned; null if that was Lua's nil, or if the call failed
   * @param error why the call failed; null if it did not
   */
  public record Reply(@Nullable Object value, @Nullable JedisDataException error) {}

  /**
   * Runs the script: one round trip, a second one if the server did not hold it. Strings are
   * returned as {@code byte[]}, numbers as {@code Long}, tables as {@code List}.
   *
   * @throws redis.clients.jedis.exceptions.JedisException as the client throws it
   */
  public @Nullable Object run(UnifiedJedis redis, List<byte[]> keys, List<byte[]> args) {
    Call call = new Call(keys, args);
    try {
      return redis.evalsha(digest, call.keys(), call.args());
    } catch (JedisNoScriptException e) {
      return redis.eval(text, call.keys(), call.args());
    }
  }

  /**
   * Runs the script through a guard, in a lane: one round trip, a second one if the server did not
   * hold it, and both together within one budget.
   *
   * @throws RedisException as {@link RedisGuard#call(CommandObject)} throws it
   * @throws IllegalStateException if the guard is closed
   */
  public @Nullable Object run(RedisGuard guard, List<byte[]> keys, List<byte[]> args) {
    Call call = new Call(keys, args);
    long deadline = guard.deadline();
    try {
      return guard.call(command(Command.EVALSHA, digest, call), deadline);
    } catch (CommandRejected e) {
      if (e.getCause() instanceof JedisNoScriptException) {
        return guard.call(command(Command.EVAL, text, call), deadline);
      }
      throw e;
    }
  }

  /**
   * Runs the script for each call, through a guard and as one submission: one round trip, and a
   * second one for the calls whose server did not hold it. These run after the others. Both round
   * trips together take at most one budget. On a Cluster, calls to several servers take as long as
   * a pipeline of the client to each of them. Replies are in the order of the calls. A call that
   * fails does not affect the others.
   *
   * @throws RedisUnavailable as {@link RedisGuard#callAll} throws it; how many calls ran is then
   *     unknown
   * @throws IllegalStateException if the guard is closed
   */
  public List<Reply> runAll(RedisGuard guard, List<Call> calls) {
    long deadline = guard.deadline();
    List<Reply> replies = send(guard, Command.EVALSHA, digest, calls, deadline);
    List<Integer> refused = new ArrayList<>();
    List<Call> again = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      if (replies.get(i).error() instanceof JedisNoScriptException) {
        refused.add(i);
        again.add(calls.get(i));
      }
    }
    List<Reply> second = send(guard, Command.EVAL, text, again, deadline);
    for (int i = 0; i < second.size(); i++) {
      replies.set(refused.get(i), second.get(i));
    }
    return replies;
  }

  private static List<Reply> send(
      RedisGuard guard, Command command, byte[] script, List<Call> calls, long deadline) {
    List<CommandObject<@Nullable Object>> commands = new ArrayList<>(calls.size());
    for (Call call : calls) {
      commands.add(command(command, script, call));
    }
    List<Reply> replies = new ArrayList<>(calls.size());
    for (GuardedClient.Answer<@Nullable Object> answer : guard.answers(commands, deadline)) {
      replies.add(new Reply(answer.value(), answer.error()));
    }
    return replies;
  }

  private static CommandObject<@Nullable Object> command(
      Command command, byte[] script, Call call) {
    CommandArguments arguments =
        new CommandArguments(command)
            .add(script)
            .add(call.keys().size())
            .keys(call.keys())
            .addObjects(call.args());
    return new CommandObject<>(arguments, BuilderFactory.RAW_OBJECT);
  }

  private static byte[] sha1(byte[] text) {
    try {
      byte[] sha1 = MessageDigest.getInstance("SHA-1").digest(text);
      return HexFormat.of().formatHex(sha1).getBytes(US_ASCII);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
