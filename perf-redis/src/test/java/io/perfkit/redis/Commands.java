package io.perfkit.redis;

import java.util.List;
import redis.clients.jedis.Builder;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Protocol.Command;

/**
 * The commands of the tests, built the same on each version of Jedis that a host may have; the
 * constructors of {@link redis.clients.jedis.CommandObjects} changed between them.
 */
final class Commands {
  private Commands() {}

  static CommandObject<String> get(String key) {
    return of(Command.GET, BuilderFactory.STRING, key);
  }

  static CommandObject<byte[]> get(byte[] key) {
    return new CommandObject<>(new CommandArguments(Command.GET).key(key), BuilderFactory.BINARY);
  }

  static CommandObject<String> set(String key, String value) {
    return new CommandObject<>(
        new CommandArguments(Command.SET).key(key).add(value), BuilderFactory.STRING);
  }

  static CommandObject<Long> incr(String key) {
    return of(Command.INCR, BuilderFactory.LONG, key);
  }

  static CommandObject<Boolean> exists(String key) {
    return of(Command.EXISTS, BuilderFactory.BOOLEAN, key);
  }

  static CommandObject<Long> append(String key, String value) {
    return new CommandObject<>(
        new CommandArguments(Command.APPEND).key(key).add(value), BuilderFactory.LONG);
  }

  static CommandObject<Long> del(String key) {
    return of(Command.DEL, BuilderFactory.LONG, key);
  }

  static CommandObject<List<String>> mget(String... keys) {
    return of(Command.MGET, BuilderFactory.STRING_LIST, keys);
  }

  static CommandObject<List<String>> elementsOf(String list) {
    return new CommandObject<>(
        new CommandArguments(Command.LRANGE).key(list).add(0).add(-1), BuilderFactory.STRING_LIST);
  }

  static CommandObject<List<String>> blpop(int seconds, String list) {
    return new CommandObject<>(
        new CommandArguments(Command.BLPOP).key(list).add(seconds).blocking(),
        BuilderFactory.STRING_LIST);
  }

  private static <T> CommandObject<T> of(Command command, Builder<T> reply, String... keys) {
    CommandArguments arguments = new CommandArguments(command);
    for (String key : keys) {
      arguments.key(key);
    }
    return new CommandObject<>(arguments, reply);
  }
}
