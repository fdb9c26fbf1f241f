package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A connection that has been checked out for longer than {@link PoolConfig#leakAfter()}. Immutable.
 *
 * @param thread name of the thread that took it
 * @param held time since it was taken
 * @param threadEnded whether that thread has ended: then the connection leaks, unless another
 *     thread uses it
 * @param stack current stack of the thread, which is seldom where it took the connection; empty if
 *     it has ended
 * @param lastStatement what the connection ran last, without values; empty if not known
 */
public record LeakSuspect(
    String thread,
    Duration held,
    boolean threadEnded,
    List<StackTraceElement> stack,
    String lastStatement) {
  private static final int FRAMES_SHOWN = 17;
  private static final int STATEMENT_SHOWN = 300;

  public LeakSuspect {
    requireNonNull(thread, "thread");
    requireNonNull(held, "held");
    stack = List.copyOf(stack);
    requireNonNull(lastStatement, "lastStatement");
  }

  /** At most 19 lines for a log, with the first frames and the beginning of the statement. */
  @Override
  public String toString() {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "leak suspect: thread '%s' has held a connection for %d ms",
                thread,
                held.toMillis()));
    if (threadEnded) {
      text.append(", and has ended");
    }
    if (!lastStatement.isEmpty()) {
      text.append("; last statement: ").append(start(lastStatement));
    }
    stack.stream().limit(FRAMES_SHOWN).forEach(frame -> text.append("\n\tat ").append(frame));
    if (stack.size() > FRAMES_SHOWN) {
      text.append("\n\t... ").append(stack.size() - FRAMES_SHOWN).append(" more");
    }
    return text.toString();
  }

  private static String start(String statement) {
    String line = statement.replaceAll("\\s+", " ");
    return line.length() <= STATEMENT_SHOWN ? line : line.substring(0, STATEMENT_SHOWN) + "...";
  }
}
