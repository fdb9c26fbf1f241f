package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class LocalJobsTest extends JobsContract {
  private final Map<String, JobStore> stores = new ConcurrentHashMap<>();

  @Override
  JobStore open(String application) {
    return stores.computeIfAbsent(
        application, name -> new MemoryStore(name, System::nanoTime, InstantSource.system()));
  }

  private static final class Settle implements Job {
    private final AtomicInteger runs;
    private final int failures;

    Settle(AtomicInteger runs, int failures) {
      this.runs = runs;
      this.failures = failures;
    }

    @Override
    public void execute() {
      if (runs.incrementAndGet() <= failures) {
        throw new IllegalStateException("market is locked");
      }
    }

    @Override
    public String type() {
      return "settle";
    }

    @Override
    public boolean shouldRetry(Throwable error) {
      return error instanceof IllegalStateException && failures < 10;
    }
  }

  @Test
  void runsAJobThatCarriesItsCode() {
    Jobs jobs = jobs().start();
    AtomicInteger runs = new AtomicInteger();
    jobs.submit(new Settle(runs, 0));
    Await.until("it ran", Duration.ofSeconds(30), () -> jobs.audit().total().done() == 1);
    AtomicInteger hopeless = new AtomicInteger();
    jobs.submit(new Settle(hopeless, 99));
    Await.until("it died", Duration.ofSeconds(30), () -> jobs.audit().total().dead() == 1);
    assertThat(hopeless).as("it said not to retry").hasValue(1);
    assertThat(jobs.deadLetters("default", 1).get(0).error()).contains("market is locked");
  }

  @Test
  void refusesMisuse() {
    Jobs jobs = jobs();
    jobs.handle(MAIL, (mail, context) -> {});
    assertThatThrownBy(() -> jobs.handle(MAIL, (mail, context) -> {}))
        .hasMessage("handler of mail: the type has one already");
    jobs.start();
    assertThatThrownBy(jobs::start).hasMessageStartingWith("start: STARTED (expected: once");
    assertThatThrownBy(() -> jobs.handle(JobType.of("other", Mail.class), (mail, context) -> {}))
        .hasMessageEndingWith("(expected: handle before start)");
    assertThatThrownBy(() -> JobType.of("no such name!", Mail.class))
        .hasMessageStartingWith("name: 'no such name!' (expected: 1 to 100 of");
    assertThatThrownBy(() -> MAIL.attempts(0)).hasMessage("attempts: 0 (expected: 1 to 1000)");
    assertThatThrownBy(() -> jobs.enqueue(MAIL, mail(1), o -> o.delay(Duration.ofMillis(-1))))
        .hasMessageStartingWith("delay: PT-0.001S (expected: 0 to");
    assertThatThrownBy(() -> jobs.enqueue(MAIL, mail(1), o -> o.key("")))
        .hasMessage("key: 0 characters (expected: 1 to 200, no NUL)");
    assertThatThrownBy(() -> new QueueConfig(0, 1, Overflow.BLOCK, Duration.ZERO))
        .hasMessage("workers: 0 (expected: 1 to 10000)");
    assertThatThrownBy(() -> JobsConfig.builder().lease(Duration.ZERO).build())
        .hasMessage("lease: PT0S (expected: PT0.1S to PT1H)");
    assertThatThrownBy(() -> Backoff.exponential(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessageStartingWith("max: PT1S (expected: first, PT2S, to");
  }
}
