package io.perfkit.cache;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * What the clock of each partition's server says, as its replies told: by it a script decides
 * whether its caller still waits. A deadline is late by the time that the last reply took, at most
 * a budget. After a jump of the server's clock it is wrong by the jump until the next reply. Thread
 * safe.
 */
final class ServerClock {
  private static final long UNKNOWN = Long.MIN_VALUE;

  private final LongSupplier nanos;
  private final AtomicLongArray ahead; // ms of the server's clock before this node's
  private final long budgetMillis;

  /**
   * @param partitions of which each may have a server of its own; 1 if there is one server
   * @param budget how long a caller waits
   * @param nanos elapsed time; a system clock, also where that of copies is a test's
   */
  ServerClock(int partitions, Duration budget, LongSupplier nanos) {
    this.nanos = nanos;
    this.ahead = new AtomicLongArray(partitions);
    this.budgetMillis = budget.toMillis();
    for (int i = 0; i < partitions; i++) {
      ahead.set(i, UNKNOWN);
    }
  }

  /** This node's time in ms, to be taken before a command is sent. */
  long now() {
    return TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong());
  }

  boolean knows(int partition) {
    return ahead.get(partition % ahead.length()) != UNKNOWN;
  }

  /** The server's time at which a caller that begins to wait now gives up; 0 if it is unknown. */
  long deadline(int partition) {
    long offset = ahead.get(partition % ahead.length());
    return offset == UNKNOWN ? 0 : offset + now() + budgetMillis;
  }

  /** This node's time after which no command that is sent now runs any more. */
  long over() {
    return now() + 3 * budgetMillis;
  }

  /** The server's clock said {@code serverMillis} after {@code sent}. */
  void told(int partition, long sent, long serverMillis) {
    ahead.set(partition % ahead.length(), serverMillis - sent);
  }
}
