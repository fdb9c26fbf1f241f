package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class JobsTestKitTest {
  record Invoice(long number) {}

  record Unwritable(Object self) {}

  private static final JobType<Invoice> INVOICE =
      JobType.of("invoice", Invoice.class).backoff(Backoff.fixed(Duration.ofMinutes(1)));

  private final JobsTestKit kit = JobsTestKit.create();

  @AfterEach
  void close() {
    kit.close();
  }

  @Test
  void runsWhatIsDueOnTheCallersThread() {
    List<Thread> ran = new ArrayList<>();
    kit.jobs().handle(INVOICE, (invoice, context) -> ran.add(Thread.currentThread()));
    kit.jobs().enqueue(INVOICE, new Invoice(1));
    kit.jobs().enqueue(INVOICE, new Invoice(2), o -> o.delay(Duration.ofHours(1)));
    assertThat(kit.runDue()).isEqualTo(1);
    assertThat(kit.runDue()).isZero();
    kit.advance(Duration.ofMinutes(59));
    assertThat(kit.runDue()).isZero();
    kit.advance(Duration.ofMinutes(1));
    assertThat(kit.now()).isEqualTo(Instant.parse("2026-01-01T01:00:00Z"));
    assertThat(kit.runDue()).isEqualTo(1);
    assertThat(ran).containsOnly(Thread.currentThread()).hasSize(2);
  }

  @Test
  void retriesInVirtualTimeAndAudits() {
    kit.jobs()
        .handle(
            INVOICE,
            (invoice, context) -> {
              throw new IllegalStateException("printer is out of paper");
            });
    kit.jobs().enqueue(INVOICE, new Invoice(1));
    int attempts = 0;
    for (int i = 0; i < 10; i++) {
      attempts += kit.runDue();
      kit.advance(Duration.ofMinutes(1));
    }
    assertThat(attempts).isEqualTo(3);
    assertThat(kit.jobs().deadLetters("default", 1)).hasSize(1);
    assertThat(kit.jobs().audit().holds()).isTrue();
  }

  @Test
  void runsJobsThatJobsEnqueue() {
    List<Long> order = new ArrayList<>();
    kit.jobs()
        .handle(
            INVOICE,
            (invoice, context) -> {
              order.add(invoice.number());
              if (invoice.number() < 5) {
                kit.jobs().enqueue(INVOICE, new Invoice(invoice.number() + 1));
              }
            });
    kit.jobs().enqueue(INVOICE, new Invoice(1));
    assertThat(kit.runDue()).isEqualTo(5);
    assertThat(order).containsExactly(1L, 2L, 3L, 4L, 5L);
  }

  @Test
  void refusesWhatNoStoreCouldKeep() {
    JobType<Unwritable> type = JobType.of("unwritable", Unwritable.class);
    Object[] cyclic = new Object[1];
    cyclic[0] = cyclic;
    assertThatThrownBy(() -> kit.jobs().enqueue(type, new Unwritable(cyclic)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> kit.jobs().start())
        .hasMessage("start: a JobsTestKit runs jobs by runDue()");
  }

  @Test
  void endsARunThatGoesOnForEver() {
    kit.jobs().handle(INVOICE, (invoice, context) -> kit.jobs().enqueue(INVOICE, invoice));
    kit.jobs().enqueue(INVOICE, new Invoice(1));
    assertThatThrownBy(kit::runDue).hasMessageStartingWith("runDue: 100000 attempts");
  }
}
