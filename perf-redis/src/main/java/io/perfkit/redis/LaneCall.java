package io.perfkit.redis;

import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;

/** Commands of one thread that a lane sends together, and their replies. */
final class LaneCall extends Waiter {
  private final @Nullable Object[] replies;
  private final List<? extends CommandObject<?>> commands;
  private final int bytes;

  LaneCall(List<? extends CommandObject<?>> commands, int bytes, long deadline) {
    super(deadline);
    this.commands = commands;
    this.bytes = bytes;
    this.replies = new @Nullable Object[commands.size()];
  }

  int size() {
    return replies.length;
  }

  /** Approximate number of bytes of the commands on the wire. */
  int bytes() {
    return bytes;
  }

  CommandArguments arguments(int index) {
    return commands.get(index).getArguments();
  }

  /** A reply as Jedis reads it, an error reply as the exception (Waiter W2). */
  @Nullable Object reply(int index) {
    return replies[index];
  }

  void reply(int index, @Nullable Object reply) {
    replies[index] = reply;
  }
}
