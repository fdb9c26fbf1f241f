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
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Response;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A Lua script that Redis runs as one step. It is sent as its digest ({@code EVALSHA}); only a
 * server that does not hold it gets the text ({@code EVAL}), which a refused digest makes safe: it
 * did not run. All keys of a call share a slot, on every kind of server, so that a mistake is seen
 * before it meets a Cluster. Immutable, thread safe.
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

  /** One call's keys, at least one and all in one slot, and arguments. */
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

  /** What a call of {@link #runAll} came to: a value, which Lua nil makes null, or an error. */
  public record Reply(@Nullable Object value, @Nullable JedisDataException error) {}

  /**
   * Runs the script: one round trip, a second one where the server did not hold it. Strings come as
   * {@code byte[]}, numbers as {@code Long}, tables as {@code List}.
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
   * Runs the script through a guard, in a lane: one round trip, a second one where the server did
   * not hold it, and together no longer than one budget.
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

  /**
   * Runs the script for each call in one pipeline: one round trip to each node, and a second one
   * for the calls whose node did not hold the script, which so run after the others. Replies stand
   * in the order of the calls. A call that fails leaves the others alone.
   *
   * @throws redis.clients.jedis.exceptions.JedisException if the pipeline itself failed; how many
   *     calls ran is then unknown
   */
  public List<Reply> runAll(UnifiedJedis redis, List<Call> calls) {
    List<Reply> replies = send(redis, calls, digest);
    List<Integer> refused = new ArrayList<>();
    List<Call> again = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      if (replies.get(i).error() instanceof JedisNoScriptException) {
        refused.add(i);
        again.add(calls.get(i));
      }
    }
    List<Reply> second = again.isEmpty() ? List.of() : send(redis, again, text);
    for (int i = 0; i < second.size(); i++) {
      replies.set(refused.get(i), second.get(i));
    }
    return replies;
  }

  private List<Reply> send(UnifiedJedis redis, List<Call> calls, byte[] script) {
    List<Response<Object>> responses = new ArrayList<>(calls.size());
    try (AbstractPipeline pipeline = redis.pipelined()) {
      for (Call call : calls) {
        responses.add(
            script == digest
                ? pipeline.evalsha(script, call.keys(), call.args())
                : pipeline.eval(script, call.keys(), call.args()));
      }
      pipeline.sync();
    }
    List<Reply> replies = new ArrayList<>(calls.size());
    for (Response<Object> response : responses) {
      replies.add(reply(response));
    }
    return replies;
  }

  private static Reply reply(Response<Object> response) {
    try {
      return new Reply(response.get(), null);
    } catch (JedisDataException e) {
      return new Reply(null, e);
    }
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
