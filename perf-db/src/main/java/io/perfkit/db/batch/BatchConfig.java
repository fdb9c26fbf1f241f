package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one {@link BatchWriter}. Immutable.
 *
 * @param flushRows rows of a lane that are written without waiting for more; default 1,000
 * @param flushBytes estimated bytes that are, and at most so many in one transaction but for a
 *     single longer row; default 4 MiB
 * @param flushInterval how long a row waits for others at most; default 1 s
 * @param chunkRowsMax rows of one transaction at most, where more wait and larger ones prove
 *     faster; default 10,000
 * @param bufferRows rows that wait or are being written, at most; default 100,000
 * @param bufferBytes their estimated bytes; default 64 MiB
 * @param lanes that write at the same time, each with a thread and, while it writes, a connection;
 *     default 2
 * @param onFull what {@code add} does while the buffer is full; default {@link OnFull#BLOCK}
 * @param blockFor how long it waits at most; default 10 s
 * @param writeTimeout time for one statement, in whole seconds; default 30 s
 * @param retryFor how long a transaction is repeated while the database fails; default 5 min
 * @param retryPauseMax longest pause before it is repeated; the first is 1/64 of it, each at random
 *     between a half and the whole; default 2 s
 * @param closeWithin how long {@code close()} goes on writing; default 30 s
 */
public record BatchConfig(
    int flushRows,
    int flushBytes,
    Duration flushInterval,
    int chunkRowsMax,
    int bufferRows,
    long bufferBytes,
    int lanes,
    OnFull onFull,
    Duration blockFor,
    Duration writeTimeout,
    Duration retryFor,
    Duration retryPauseMax,
    Duration closeWithin) {

  private static final int ROWS_MAX = 10_000_000;
  private static final int LANES_MAX = 64;
  private static final Duration DURATION_MAX = Duration.ofDays(1);

  public BatchConfig {
    requireWithin("bufferRows", bufferRows, 1, ROWS_MAX);
    requireWithin("chunkRowsMax", chunkRowsMax, 1, 100_000);
    requireWithin("flushRows", flushRows, 1, Math.min(bufferRows, chunkRowsMax));
    requireWithin("bufferBytes", bufferBytes, 1, 1L << 40);
    requireWithin("flushBytes", flushBytes, 1, Math.min(bufferBytes, 256 << 20));
    requireWithin("lanes", lanes, 1, LANES_MAX);
    requireNonNull(onFull, "onFull");
    requireWithin("flushInterval", flushInterval, Duration.ofMillis(1));
    requireWithin("blockFor", blockFor, Duration.ZERO);
    requireWithin("writeTimeout", writeTimeout, Duration.ofSeconds(1));
    if (writeTimeout.toNanosPart() != 0) {
      throw new IllegalArgumentException(
          "writeTimeout: " + writeTimeout + " (expected: whole seconds)");
    }
    requireWithin("retryFor", retryFor, Duration.ZERO);
    requireWithin("retryPauseMax", retryPauseMax, Duration.ofMillis(1));
    requireWithin("closeWithin", closeWithin, Duration.ZERO);
  }

  private static void requireWithin(String what, long value, long least, long greatest) {
    if (value < least || value > greatest) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + least + " to " + greatest + ")");
    }
  }

  private static void requireWithin(String what, Duration value, Duration least) {
    if (requireNonNull(value, what).compareTo(least) < 0 || value.compareTo(DURATION_MAX) > 0) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + least + " to " + DURATION_MAX + ")");
    }
  }

  /** The defaults. */
  public static BatchConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int flushRows = 1_000;
    private int flushBytes = 4 << 20;
    private Duration flushInterval = Duration.ofSeconds(1);
    private int chunkRowsMax = 10_000;
    private int bufferRows = 100_000;
    private long bufferBytes = 64 << 20;
    private int lanes = 2;
    private OnFull onFull = OnFull.BLOCK;
    private Duration blockFor = Duration.ofSeconds(10);
    private Duration writeTimeout = Duration.ofSeconds(30);
    private Duration retryFor = Duration.ofMinutes(5);
    private Duration retryPauseMax = Duration.ofSeconds(2);
    private Duration closeWithin = Duration.ofSeconds(30);

    private Builder() {}

    /** See {@link BatchConfig#flushRows()}. */
    public Builder flushRows(int count) {
      flushRows = count;
      return this;
    }

    /** See {@link BatchConfig#flushBytes()}. */
    public Builder flushBytes(int bytes) {
      flushBytes = bytes;
      return this;
    }

    /** See {@link BatchConfig#flushInterval()}. */
    public Builder flushInterval(Duration interval) {
      flushInterval = interval;
      return this;
    }

    /** See {@link BatchConfig#chunkRowsMax()}. */
    public Builder chunkRowsMax(int count) {
      chunkRowsMax = count;
      return this;
    }

    /** See {@link BatchConfig#bufferRows()}. */
    public Builder bufferRows(int count) {
      bufferRows = count;
      return this;
    }

    /** See {@link BatchConfig#bufferBytes()}. */
    public Builder bufferBytes(long bytes) {
      bufferBytes = bytes;
      return this;
    }

    /** See {@link BatchConfig#lanes()}. */
    public Builder lanes(int count) {
      lanes = count;
      return this;
    }

    /** See {@link BatchConfig#onFull()}. */
    public Builder onFull(OnFull policy) {
      onFull = policy;
      return this;
    }

    /** See {@link BatchConfig#blockFor()}. */
    public Builder blockFor(Duration duration) {
      blockFor = duration;
      return this;
    }

    /** See {@link BatchConfig#writeTimeout()}. */
    public Builder writeTimeout(Duration timeout) {
      writeTimeout = timeout;
      return this;
    }

    /** See {@link BatchConfig#retryFor()}. */
    public Builder retryFor(Duration budget) {
      retryFor = budget;
      return this;
    }

    /** See {@link BatchConfig#retryPauseMax()}. */
    public Builder retryPauseMax(Duration pause) {
      retryPauseMax = pause;
      return this;
    }

    /** See {@link BatchConfig#closeWithin()}. */
    public Builder closeWithin(Duration deadline) {
      closeWithin = deadline;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public BatchConfig build() {
      return new BatchConfig(
          flushRows,
          flushBytes,
          flushInterval,
          chunkRowsMax,
          bufferRows,
          bufferBytes,
          lanes,
          onFull,
          blockFor,
          writeTimeout,
          retryFor,
          retryPauseMax,
          closeWithin);
    }
  }
}
