package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class QueryRegistryConcurrencyTest {
  private static final int THREADS = 4;
  private static final int EACH = 30_000;

  /** S1, with more fingerprints than fit, so that they retire all the time. */
  @Test
  void allFingerprintsAndTheOthersAddUpToWhatWasExecuted() throws Exception {
    QueryRegistry queries = new QueryRegistry(20);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Callable<Integer>> tasks = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        tasks.add(() -> execute(queries));
      }
      for (Future<Integer> done : threads.invokeAll(tasks)) {
        assertThat(done.get()).isEqualTo(EACH);
      }
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }
    QueryReport report = new QueryReport(queries.figures(), 0);

    assertThat(report.calls()).isEqualTo((long) THREADS * EACH);
    assertThat(queries.figures().stream().mapToLong(QueryStatistics::rows).sum())
        .isEqualTo(2L * THREADS * EACH);
    assertThat(
            queries.figures().stream()
                .mapToLong(one -> one.errors().getOrDefault("IllegalStateException", 0L))
                .sum())
        .isEqualTo((long) THREADS * EACH);
    assertThat(queries.all()).hasSizeLessThanOrEqualTo(20);
    assertThat(report.others()).isNotEmpty();
  }

  private static int execute(QueryRegistry queries) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    Query held = queries.of("select held from t");
    for (int i = 0; i < EACH; i++) {
      // Statements that were prepared before their fingerprint retired go on counting.
      Query query = i % 3 == 0 ? held : queries.of("select c" + random.nextInt(100) + " from t");
      query.stats().executed(random.nextLong(1_000));
      query.stats().rows(2);
      query.stats().failed(new IllegalStateException());
    }
    return EACH;
  }

  @Test
  void aHeavyNewcomerKeepsItsPlace() {
    QueryRegistry queries = new QueryRegistry(10);
    for (int i = 0; i < 10; i++) {
      queries.of("select a" + i).stats().executed(1_000);
    }
    Query heavy = queries.of("select heavy");
    heavy.stats().executed(1_000_000);
    for (int i = 0; i < 200; i++) {
      queries.of("select b" + i).stats().executed(10);
    }
    QueryReport report = new QueryReport(queries.figures(), 0);

    assertThat(report.top(QueryReport.Order.TOTAL, 1))
        .singleElement()
        .extracting(QueryStatistics::fingerprint)
        .isEqualTo("select heavy");
    assertThat(report.calls()).isEqualTo(211);
    assertThat(queries.of("select heavy")).isSameAs(heavy);
  }
}
