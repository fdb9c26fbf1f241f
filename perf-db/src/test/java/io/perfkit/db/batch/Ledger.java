package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.testing.Await;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;

/**
 * What a run of a batch writer must add up to: the accounts, what the producers and the handler
 * saw, and what the database did. Its tables remember every row that was ever committed, in order;
 * a commit takes some milliseconds, so that faults hit it.
 */
final class Ledger {
  /** One write to one key; the sequence of a key's writes rises. */
  record Entry(long id, long seq, boolean poison) {}

  static final BatchTable<Entry> TABLE =
      BatchTable.<Entry>named("entries")
          .key("id", Entry::id)
          .column("seq", Entry::seq)
          .column("stake", entry -> entry.poison() ? -1 : 1)
          .build();

  static final BatchTable<Entry> WITHOUT_KEY =
      BatchTable.<Entry>named("entries").column("id", Entry::id).column("seq", Entry::seq).build();

  /** No commit of an entry ends from then on. */
  static final String HOLD_COMMITS = "SELECT pg_advisory_lock(42)";

  static final String LET_COMMITS_GO = "SELECT pg_advisory_unlock(42)";
  static final String HELD_COMMITS =
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";

  private static final Duration DEADLINE = Duration.ofSeconds(20);

  final Queue<Entry> accepted = new ConcurrentLinkedQueue<>();
  final Queue<Rejection<Entry>> rejections = new ConcurrentLinkedQueue<>();
  private final Queue<Answered> answered = new ConcurrentLinkedQueue<>();

  /** An accepted row that somebody waits for. */
  private record Answered(Entry entry, CompletableFuture<?> stage) {
    Optional<Rejection<Entry>> rejection() {
      try {
        stage.join();
        return Optional.empty();
      } catch (CompletionException failed) {
        return Optional.of(
            failed.getCause() instanceof RowRejected rejected
                ? new Rejection<>(entry, rejected.reason(), rejected.getCause())
                : new Rejection<>(entry, Reason.OUTCOME_UNKNOWN, failed.getCause()));
      }
    }
  }

  /**
   * @param key whether a key has one row; else all rows are kept, twice if they are written twice
   */
  static void createTables(DataSource dataSource, boolean key) {
    Bet.execute(
        dataSource,
        """
        DROP TABLE IF EXISTS entries, history;
        CREATE TABLE entries (id bigint %s, seq bigint, stake int CHECK (stake >= 0));
        CREATE TABLE history (nr bigserial, id bigint, seq bigint);
        CREATE OR REPLACE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO history (id, seq) VALUES (NEW.id, NEW.seq); RETURN NEW; END $$;
        CREATE TRIGGER remember AFTER INSERT OR UPDATE ON entries
          FOR EACH ROW EXECUTE FUNCTION remember();
        CREATE OR REPLACE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          PERFORM pg_advisory_xact_lock_shared(42);
          IF NEW.id %% 50 = 0 THEN PERFORM pg_sleep(0.005); END IF; RETURN NEW; END $$;
        CREATE CONSTRAINT TRIGGER linger AFTER INSERT OR UPDATE ON entries
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger();
        """
            .formatted(key ? "PRIMARY KEY" : ""));
  }

  /** Adds a row and keeps what it was answered with. */
  void addAcknowledged(BatchWriter<Entry> writer, Entry entry) {
    CompletableFuture<?> stage = writer.addAcknowledged(entry).toCompletableFuture();
    if (!stage.handle((done, failure) -> failure instanceof BufferFull).getNow(false)) {
      accepted.add(entry);
      answered.add(new Answered(entry, stage));
    }
  }

  /**
   * Compares everything.
   *
   * @param upsert whether what may have been lost in a crash is written again
   */
  void check(CloseResult<Entry> closed, DataSource dataSource, boolean upsert) throws SQLException {
    RowCounts accounts = closed.rows();
    assertThat(accounts.balanced()).as("balanced: %s", accounts).isTrue();
    assertThat(accounts.buffered()).as("still buffered").isZero();
    assertThat(accounts.accepted()).as("accepted").isEqualTo(accepted.size());
    assertThat(answered).as("all are answered").allMatch(row -> row.stage().isDone());
    List<Rejection<Entry>> given = new ArrayList<>();
    answered.forEach(row -> row.rejection().ifPresent(given::add));
    // A worker that had decided rows when the writer was closed may still be telling the handler.
    Await.until(
        "the handler is told",
        DEADLINE,
        () -> rejections.size() + given.size() >= accounts.rejected());
    given.addAll(rejections);
    assertThat(accounts.rejected()).as("rejected").isEqualTo(given.size());
    assertThat(accounts.returned()).as("returned").isEqualTo(closed.returned().size());

    Map<Long, List<Long>> committed = committed(dataSource);
    Set<Entry> returned = new HashSet<>(closed.returned());
    Set<Entry> refused = new HashSet<>();
    Set<Entry> unknown = new HashSet<>();
    for (Rejection<Entry> rejection : given) {
      boolean nobodyKnows = rejection.reason() == Reason.OUTCOME_UNKNOWN;
      assertThat((nobodyKnows ? unknown : refused).add(rejection.row())).as("once").isTrue();
      assertThat(rejection.reason() == Reason.REFUSED && !rejection.row().poison())
          .as("refused without need: %s, %s", rejection, rejection.cause())
          .isFalse();
    }
    Map<Long, List<Entry>> byKey = new HashMap<>();
    accepted.forEach(e -> byKey.computeIfAbsent(e.id(), id -> new ArrayList<>()).add(e));
    byKey.forEach(
        (id, entries) -> {
          List<Long> seen = committed.getOrDefault(id, List.of());
          assertThat(seen).as("order of key %s", id).isSorted();
          if (!upsert) {
            assertThat(seen).as("key %s, nothing twice", id).doesNotHaveDuplicates();
          }
          Entry last = null;
          for (Entry entry : entries) {
            if (returned.contains(entry) || refused.contains(entry)) {
              assertThat(seen)
                  .as("given back, and in the table: %s", entry)
                  .doesNotContain(entry.seq());
            } else if (!entry.poison() && !unknown.contains(entry)) {
              last = entry;
            }
          }
          if (last != null) {
            long flushed = last.seq();
            assertThat(seen)
                .as("key %s, flushed and not committed: %s", id, last)
                .contains(flushed);
            assertThat(entries)
                .as("a row of key %s was returned, though a later one is flushed", id)
                .noneMatch(entry -> entry.seq() < flushed && returned.contains(entry));
          }
        });
    assertThat(byKey.keySet()).as("only accepted rows").containsAll(committed.keySet());
  }

  /** What was committed of each key, in its order. */
  private static Map<Long, List<Long>> committed(DataSource dataSource) throws SQLException {
    Map<Long, List<Long>> committed = new HashMap<>();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id, seq FROM history ORDER BY nr")) {
      while (rows.next()) {
        committed.computeIfAbsent(rows.getLong(1), id -> new ArrayList<>()).add(rows.getLong(2));
      }
    }
    return committed;
  }
}
