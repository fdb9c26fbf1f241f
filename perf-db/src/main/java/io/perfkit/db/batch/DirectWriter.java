package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.Rejection.Reason;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;

/** The writer with batching switched off: writes each row when it is added. Thread safe. */
final class DirectWriter<R> extends BatchWriter<R> {
  private final DataSource dataSource;
  private final CurrentTable<R> current;
  private final BatchConfig config;
  private final Reporter<R> reporter;
  private final String table;
  private long flushed;
  private long rejected;
  private long buffered;
  private volatile boolean closed;

  DirectWriter(Builder<R> builder, ResolvedTable<R> resolved) {
    this.dataSource = builder.dataSource;
    this.config = builder.config;
    this.table = builder.table.name();
    this.reporter = new Reporter<>(table, builder.rejectionHandler, builder.nanos);
    this.current = builder.current(resolved, reporter);
  }

  @Override
  public void add(R row) {
    Optional<RejectedRow<R>> refusal = write(pending(row));
    refusal.ifPresent(refused -> reporter.rejected(List.of(refused.rejection())));
  }

  @Override
  public CompletionStage<StoredRow> addAcknowledged(R row) {
    Acknowledgement answer = new Acknowledgement();
    write(pending(row).answeredBy(answer))
        .ifPresentOrElse(
            refused -> answer.completeExceptionally(Acknowledgements.failure(table, refused)),
            answer::committed);
    return answer;
  }

  private BufferedRow<R> pending(R row) {
    if (closed) {
      throw new IllegalStateException("the writer is closed (expected: to add before it is)");
    }
    return current.pending(requireNonNull(row, "row"));
  }

  /** Why the row was given up, if it was. */
  private Optional<RejectedRow<R>> write(BufferedRow<R> pending) {
    count(0, 0, 1);
    ChunkWriter<R> writer = current.writer();
    Chunk<R> chunk = new Chunk<>(List.of(pending));
    Attempt<R> attempt = attempt(chunk, writer);
    if (attempt.outcome() == Attempt.Outcome.ROLLED_BACK
        && attempt.failure() != null
        && Fault.mayBeOfAType(attempt.failure())
        && writer.table().database() == Database.POSTGRESQL) {
      chunk.failure = attempt.failure();
      chunk.poisoned = true;
      attempt = attempt(chunk, writer); // which reports whether the table has changed
    }
    if (current.changedFor(attempt, chunk, writer.table())) {
      attempt = attempt(new Chunk<>(List.of(pending)), current.writer());
    }
    Optional<RejectedRow<R>> refusal =
        switch (attempt.outcome()) {
          case COMMITTED -> attempt.refusals().stream().findFirst();
          case IN_DOUBT -> refusal(pending, Reason.OUTCOME_UNKNOWN, attempt);
          case ROLLED_BACK, STATEMENT_REFUSED, ABANDONED ->
              refusal(
                  pending,
                  attempt.failure() != null
                          && attempt.answered()
                          && Fault.of(attempt.failure()).mayBeOfOneRow()
                      ? Reason.REFUSED
                      : Reason.UNAVAILABLE,
                  attempt);
        };
    count(refusal.isEmpty() ? 1 : 0, refusal.isEmpty() ? 0 : 1, -1);
    return refusal;
  }

  private static <R> Optional<RejectedRow<R>> refusal(
      BufferedRow<R> row, Reason reason, Attempt<R> attempt) {
    return Optional.of(new RejectedRow<>(row, reason, attempt.failure()));
  }

  private Attempt<R> attempt(Chunk<R> chunk, ChunkWriter<R> writer) {
    int maxSilenceMillis = (int) config.writeTimeout().plus(Worker.SILENCE).toMillis();
    try (Borrowed borrowed = Borrowed.from(dataSource, maxSilenceMillis)) {
      if (writer.table().target().pooled()) {
        borrowed.useUnnamedStatements();
      }
      return writer.write(borrowed.connection(), chunk, () -> true);
    } catch (SQLException | RuntimeException noConnection) {
      return Attempt.notConnected(noConnection);
    }
  }

  private synchronized void count(int moreFlushed, int moreRejected, int moreBuffered) {
    flushed += moreFlushed;
    rejected += moreRejected;
    buffered += moreBuffered;
  }

  private synchronized RowCounts counts() {
    return new RowCounts(flushed + rejected + buffered, flushed, rejected, 0, buffered);
  }

  @Override
  public boolean awaitFlushed(Duration within) {
    return counts().buffered() == 0;
  }

  @Override
  public BatchStats stats() {
    return new BatchStats(counts(), 0, reporter.handlerFailures());
  }

  @Override
  public BatchHealth health() {
    return new BatchHealth(
        !closed,
        (int) counts().buffered(),
        config.maxBufferRows(),
        Duration.ZERO,
        0,
        Optional.empty());
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public CloseResult<R> close(Duration within) {
    close();
    return new CloseResult<>(counts(), List.of());
  }

  @Override
  public String toString() {
    return "BatchWriter[" + table + ", disabled, " + counts() + "]";
  }
}
