package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one {@link BatchWriter}. Immutable.
 *
 * @param flushRows a worker that has so many rows writes them without waiting for more; default
 *     1,000
 * @param flushBytes the same in estimated bytes, and the limit of one transaction unless a single
 *     row is longer; default 4 MiB
 * @param flushInterval longest time that a row waits for others; default 1 s
 * @param maxChunkRows most rows of one transaction, reached when a backlog waits and larger
 *     transactions prove faster; default 10,000
 * @param maxBufferRows most rows that wait or are being written; default 100,000
 * @param maxBufferBytes the same in estimated bytes; default 64 MiB
 * @param workers threads that write at the same time, each with a connection while it writes; all
 *     rows of a key go to one worker; default 2
 * @param onConflict what happens to a row whose key is in the table; default {@link
 *     OnConflict#UPDATE}, which is {@link OnConflict#REJECT} on a table without key columns
 * @param onFull what {@code add} does while the buffer is full; default {@link OnFull#BLOCK}
 * @param blockFor longest time that {@code add} waits for space; default 10 s
 * @param writeTimeout longest run of one statement, in whole seconds; default 30 s
 * @param retryFor how long a transaction is repeated while the database fails; default 5 min
 * @param maxRetryPause longest pause before it is repeated; the first is 1/64 of it, each at random
 *     between a half and the whole; default 2 s
 * @param closeWithin how long {@code close()} goes on writing; default 30 s
 */
public record BatchConfig(
    int flushRows,
    int flushBytes,
    Duration flushInterval,
    int maxChunkRows,
    int maxBufferRows,
    long maxBufferBytes,
    int workers,
    OnConflict onConflict,
    OnFull onFull,
    Duration blockFor,
    Duration writeTimeout,
    Duration retryFor,
    Duration maxRetryPause,
    Duration closeWithin) {

  private static final int ROWS_MAX = 10_000_000;
  private static final int WORKERS_MAX = 64;
  private static final Duration DURATION_MAX = Duration.ofDays(1);

  public BatchConfig {
    requireWithin("maxBufferRows", maxBufferRows, 1, ROWS_MAX);
    requireWithin("maxChunkRows", maxChunkRows, 1, 100_000);
    requireWithin("flushRows", flushRows, 1, Math.min(maxBufferRows, maxChunkRows));
    requireWithin("maxBufferBytes", maxBufferBytes, 1, 1L << 40);
    requireWithin("flushBytes", flushBytes, 1, Math.min(maxBufferBytes, 256 << 20));
    requireWithin("workers", workers, 1, WORKERS_MAX);
    requireNonNull(onConflict, "onConflict");
    requireNonNull(onFull, "onFull");
    requireWithin("flushInterval", flushInterval, Duration.ofMillis(1));
    requireWithin("blockFor", blockFor, Duration.ZERO);
    requireWithin("writeTimeout", writeTimeout, Duration.ofSeconds(1));
    if (writeTimeout.toNanosPart() != 0) {
      throw new IllegalArgumentException(
          "writeTimeout: " + writeTimeout + " (expected: whole seconds)");
    }
    requireWithin("retryFor", retryFor, Duration.ZERO);
    requireWithin("maxRetryPause", maxRetryPause, Duration.ofMillis(1));
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

  /** A builder that holds these settings, to derive others. */
  public Builder toBuilder() {
    return new Builder()
        .flushRows(flushRows)
        .flushBytes(flushBytes)
        .flushInterval(flushInterval)
        .maxChunkRows(maxChunkRows)
        .maxBufferRows(maxBufferRows)
        .maxBufferBytes(maxBufferBytes)
        .workers(workers)
        .onConflict(onConflict)
        .onFull(onFull)
        .blockFor(blockFor)
        .writeTimeout(writeTimeout)
        .retryFor(retryFor)
        .maxRetryPause(maxRetryPause)
        .closeWithin(closeWithin);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int flushRows = 1_000;
    private int flushBytes = 4 << 20;
    private Duration flushInterval = Duration.ofSeconds(1);
    private int maxChunkRows = 10_000;
    private int maxBufferRows = 100_000;
    private long maxBufferBytes = 64 << 20;
    private int workers = 2;
    private OnConflict onConflict = OnConflict.UPDATE;
    private OnFull onFull = OnFull.BLOCK;
    private Duration blockFor = Duration.ofSeconds(10);
    private Duration writeTimeout = Duration.ofSeconds(30);
    private Duration retryFor = Duration.ofMinutes(5);
    private Duration maxRetryPause = Duration.ofSeconds(2);
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

    /** See {@link BatchConfig#maxChunkRows()}. */
    public Builder maxChunkRows(int count) {
      maxChunkRows = count;
      return this;
    }

    /** See {@link BatchConfig#maxBufferRows()}. */
    public Builder maxBufferRows(int count) {
      maxBufferRows = count;
      return this;
    }

    /** See {@link BatchConfig#maxBufferBytes()}. */
    public Builder maxBufferBytes(long bytes) {
      maxBufferBytes = bytes;
      return this;
    }

    /** See {@link BatchConfig#workers()}. */
    public Builder workers(int count) {
      workers = count;
      return this;
    }

    /** See {@link BatchConfig#onConflict()}. */
    public Builder onConflict(OnConflict policy) {
      onConflict = policy;
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

    /** See {@link BatchConfig#maxRetryPause()}. */
    public Builder maxRetryPause(Duration pause) {
      maxRetryPause = pause;
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
          maxChunkRows,
          maxBufferRows,
          maxBufferBytes,
          workers,
          onConflict,
          onFull,
          blockFor,
          writeTimeout,
          retryFor,
          maxRetryPause,
          closeWithin);
    }
  }
}
