package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * A connection that is held for long. Immutable.
 *
 * @param thread name of the thread that took it
 * @param held for how long
 * @param threadEnded whether that thread has ended: then it surely leaks, unless another one has it
 * @param stack where the thread is now, which is seldom where it took the connection; empty if it
 *     has ended
 * @param lastStatement what the connection ran last, without values; empty if not known
 */
public record LeakSuspect(
    String thread,
    Duration held,
    boolean threadEnded,
    List<StackTraceElement> stack,
    String lastStatement) {
  public LeakSuspect {
    requireNonNull(thread, "thread");
    requireNonNull(held, "held");
    stack = List.copyOf(stack);
    requireNonNull(lastStatement, "lastStatement");
  }
}
