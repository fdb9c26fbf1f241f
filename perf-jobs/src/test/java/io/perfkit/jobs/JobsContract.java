package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** What {@link Jobs} do on every store. */
abstract class JobsContract {
  record Mail(String to, int number) {}

  record MailV1(String address) {}

  static final JobType<Mail> MAIL =
      JobType.of("mail", Mail.class).backoff(Backoff.fixed(Duration.ofMillis(5)));

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final AtomicInteger APPLICATIONS = new AtomicInteger();

  private final List<Jobs> opened = new ArrayList<>();
  final String application = "app-" + APPLICATIONS.incrementAndGet();

  /** A store of an application; each call gives a node of its own on the same jobs. */
  abstract JobStore open(String application);

  @AfterEach
  void closeAll() {
    for (Jobs jobs : opened) {
      jobs.close();
    }
  }

  Jobs jobs(JobsConfig config) {
    Jobs jobs = Jobs.builder(open(application)).config(config).build();
    opened.add(jobs);
    return jobs;
  }

  Jobs jobs() {
    return jobs(config().build());
  }

  static JobsConfig.Builder config() {
    return JobsConfig.builder().poll(Duration.ofMillis(50)).drain(Duration.ofSeconds(10));
  }

  static Mail mail(int number) {
    return new Mail("user@example.org", number);
  }

  private static QueueCounts counts(Jobs jobs) {
    return jobs.audit().total();
  }

  private static void awaitEnded(Jobs jobs, long number) {
    Await.until(
        number + " jobs ended, of " + counts(jobs),
        SOON,
        () -> {
          QueueCounts counts = counts(jobs);
          return counts.done() + counts.dead() + counts.discarded() + counts.cancelled() == number;
        });
    assertThat(jobs.audit().holds()).as("%s", jobs.audit()).isTrue();
  }

  @Test
  void runsEachJobOnce() {
    Map<Integer, AtomicInteger> runs = new ConcurrentHashMap<>();
    Jobs jobs =
        jobs()
            .handle(
                MAIL,
                (mail, context) ->
                    runs.computeIfAbsent(mail.number(), n -> new AtomicInteger()).incrementAndGet())
            .start();
    List<Mail> mails = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      mails.add(mail(i));
    }
    assertThat(jobs.enqueueAll(MAIL, mails)).hasSize(700);
    jobs.enqueue(MAIL, mail(700));
    awaitEnded(jobs, 701);
    assertThat(runs).hasSize(701);
    assertThat(runs.values()).allMatch(count -> count.get() == 1);
    assertThat(jobs.stats().done()).isEqualTo(701);
    assertThat(jobs.stats().enqueued()).isEqualTo(701);
  }

  @Test
  void retriesUntilTheLastAttemptAndThenKeepsADeadLetter() {
    List<String> tokens = new ArrayList<>();
    Jobs jobs =
        jobs()
            .handle(
                MAIL,
                (mail, context) -> {
                  synchronized (tokens) {
                    tokens.add(context.token());
                  }
                  throw new IllegalStateException("mail server\0 is down");
                })
            .start();
    JobId id = jobs.enqueue(MAIL, mail(1)).id();
    awaitEnded(jobs, 1);
    assertThat(tokens).containsExactly(id + ":1", id + ":2", id + ":3");
    DeadLetter letter = jobs.deadLetters("default", 10).get(0);
    assertThat(letter.reason()).isEqualTo(DeadReason.ATTEMPTS_EXHAUSTED);
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.error()).contains("IllegalStateException: mail server? is down");
    assertThat(counts(jobs).retried()).isEqualTo(2);
  }

  @Test
  void exceptionsDecide() {
    JobType<Mail> picky =
        JobType.of("picky", Mail.class)
            .backoff(Backoff.fixed(Duration.ofMinutes(5)))
            .retryIf(error -> !(error instanceof IllegalArgumentException));
    Jobs jobs =
        jobs()
            .handle(
                picky,
                (mail, context) -> {
                  switch (mail.number()) {
                    case 1 -> throw new DiscardJob("user is gone");
                    case 2 -> throw new DeadLetterJob("no address");
                    case 3 -> throw new IllegalArgumentException("bad");
                    default -> {
                      if (context.attempt() < 3) {
                        throw RetryLater.after(Duration.ofMillis(10));
                      }
                    }
                  }
                })
            .start();
    for (int i = 1; i <= 4; i++) {
      jobs.enqueue(picky, mail(i));
    }
    awaitEnded(jobs, 4);
    assertThat(jobs.deadLetters("default", 10))
        .extracting(DeadLetter::reason)
        .containsExactlyInAnyOrder(DeadReason.HANDLER, DeadReason.NOT_RETRYABLE);
    assertThat(counts(jobs).discarded()).isEqualTo(1);
    assertThat(counts(jobs).done()).as("after two times later").isEqualTo(1);
    assertThat(counts(jobs).retried()).isEqualTo(2);
  }

  @Test
  void anErrorLeavesTheWorkerAliveAndCleanForTheNextJob() {
    JobsConfig one = config().queue(QueueConfig.defaults().withWorkers(1)).build();
    ClassLoader mine = Thread.currentThread().getContextClassLoader();
    List<String> leftOver = new ArrayList<>();
    Jobs jobs =
        jobs(one)
            .handle(
                MAIL.attempts(1),
                (mail, context) -> {
                  Thread thread = Thread.currentThread();
                  synchronized (leftOver) {
                    if (thread.isInterrupted()
                        || MDC.get("user") != null
                        || thread.getContextClassLoader() != mine) {
                      leftOver.add("before " + mail);
                    }
                  }
                  MDC.put("user", mail.to());
                  thread.setContextClassLoader(null);
                  thread.interrupt();
                  switch (mail.number()) {
                    case 0 -> throw new NoClassDefFoundError("gone");
                    case 1 -> recurse(0);
                    case 2 -> throw new Unprintable();
                    default -> {}
                  }
                })
            .start();
    for (int i = 0; i < 4; i++) {
      jobs.enqueue(MAIL.attempts(1), mail(i));
    }
    awaitEnded(jobs, 4);
    assertThat(leftOver).isEmpty();
    assertThat(counts(jobs).dead()).isEqualTo(3);
    assertThat(jobs.deadLetters("default", 10))
        .extracting(letter -> letter.error().lines().findFirst().orElse(""))
        .anyMatch(error -> error.contains("NoClassDefFoundError"))
        .anyMatch(error -> error.contains("StackOverflowError"))
        .anyMatch(error -> error.contains("Unprintable"));
  }

  private static int recurse(int depth) {
    return depth < 0 ? 0 : recurse(depth + 1) + 1;
  }

  private static final class Unprintable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  void aHandlerPastItsTimeIsInterruptedAndTheAttemptFailed() {
    AtomicInteger interrupts = new AtomicInteger();
    AtomicReference<Boolean> told = new AtomicReference<>(false);
    JobType<Mail> slow = MAIL.timeout(Duration.ofMillis(50));
    Jobs jobs =
        jobs()
            .handle(
                slow,
                (mail, context) -> {
                  if (context.attempt() == 1) {
                    try {
                      new CountDownLatch(1).await();
                    } catch (InterruptedException interrupted) {
                      interrupts.incrementAndGet();
                      told.set(context.cancelled());
                      context.throwIfCancelled();
                    }
                  }
                })
            .start();
    jobs.enqueue(slow, mail(1));
    awaitEnded(jobs, 1);
    assertThat(interrupts).hasValue(1);
    assertThat(told.get()).isTrue();
    assertThat(counts(jobs).retried()).isEqualTo(1);
    assertThat(counts(jobs).done()).isEqualTo(1);
  }

  @Test
  void aHandlerThatNeverEndsCostsNoWorkerForEver() {
    JobsConfig one =
        config()
            .queue(QueueConfig.defaults().withWorkers(1))
            .grace(Duration.ofMillis(50))
            .drain(Duration.ofMillis(200))
            .build();
    JobType<Mail> slow = MAIL.timeout(Duration.ofMillis(50)).attempts(1);
    CountDownLatch never = new CountDownLatch(1);
    Jobs jobs =
        jobs(one)
            .handle(
                slow,
                (mail, context) -> {
                  while (mail.number() == 0 && never.getCount() > 0) {
                    try {
                      never.await();
                    } catch (InterruptedException ignored) {
                      // as some libraries do
                    }
                  }
                })
            .start();
    try {
      jobs.enqueue(slow, mail(0));
      jobs.enqueue(slow, mail(1));
      awaitEnded(jobs, 2);
      assertThat(counts(jobs).dead()).isEqualTo(1);
      assertThat(jobs.deadLetters("default", 1).get(0).error()).startsWith("timed out after");
    } finally {
      never.countDown();
    }
    awaitEnded(jobs, 2);
  }

  @Test
  void aCancelledHandlerIsInterruptedByTheNextHeartbeat() {
    CountDownLatch started = new CountDownLatch(1);
    JobsConfig quick = config().lease(Duration.ofSeconds(1)).build();
    Jobs jobs =
        jobs(quick)
            .handle(
                MAIL,
                (mail, context) -> {
                  started.countDown();
                  new CountDownLatch(1).await();
                })
            .start();
    JobId id = jobs.enqueue(MAIL, mail(1)).id();
    Await.until("it runs", SOON, () -> started.getCount() == 0);
    assertThat(jobs.cancel(id)).isTrue();
    awaitEnded(jobs, 1);
    assertThat(counts(jobs).cancelled()).isEqualTo(1);
    assertThat(jobs.cancel(id)).isFalse();
  }

  @Test
  void aDrainReturnsWhatHasNotStartedAndInterruptsWhatDoesNotEnd() {
    CountDownLatch started = new CountDownLatch(2);
    CountDownLatch release = new CountDownLatch(1);
    JobsConfig two = config().queue(QueueConfig.defaults().withWorkers(2)).build();
    JobHandler<Mail> waits =
        (mail, context) -> {
          started.countDown();
          release.await();
        };
    Jobs jobs = jobs(two).handle(MAIL, waits).start();
    for (int i = 0; i < 5; i++) {
      jobs.enqueue(MAIL, mail(i));
    }
    Await.until("two run", SOON, () -> started.getCount() == 0);
    assertThat(jobs.drain(Duration.ofMillis(50))).isFalse();
    QueueCounts counts = counts(jobs);
    assertThat(counts.waiting()).isEqualTo(5);
    assertThat(counts.inFlight()).isZero();
    assertThat(counts.retried()).isZero();
    assertThat(counts.rescued()).isZero();
    assertThat(jobs.audit().holds()).as("%s", jobs.audit()).isTrue();
    assertThatThrownBy(() -> jobs.enqueue(MAIL, mail(9))).isInstanceOf(IllegalStateException.class);

    release.countDown();
    Set<Integer> attempts = ConcurrentHashMap.newKeySet();
    Jobs next = jobs(two).handle(MAIL, (mail, context) -> attempts.add(context.attempt())).start();
    awaitEnded(next, 5);
    assertThat(attempts).as("uncharged").containsExactly(1);
  }

  @Test
  void aDrainLetsRunningJobsEnd() {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Jobs jobs =
        jobs()
            .handle(
                MAIL,
                (mail, context) -> {
                  started.countDown();
                  release.await();
                })
            .start();
    jobs.enqueue(MAIL, mail(0));
    Await.until("it runs", SOON, () -> started.getCount() == 0);
    Thread drain = new Thread(() -> assertThat(jobs.drain(SOON)).isTrue());
    drain.start();
    release.countDown();
    Await.until("drained", SOON, () -> !drain.isAlive());
    assertThat(counts(jobs).done()).isEqualTo(1);
  }

  @Test
  void aFullQueueRejects() {
    JobsConfig small =
        config().queue(new QueueConfig(1, 3, Overflow.REJECT, Duration.ZERO)).build();
    Jobs jobs = jobs(small);
    assertThatThrownBy(() -> jobs.enqueueAll(MAIL, List.of(mail(1), mail(2), mail(3), mail(4))))
        .isInstanceOfSatisfying(QueueFull.class, full -> assertThat(full.stored()).isEqualTo(3))
        .hasMessageStartingWith("queue 'default' holds 3 jobs, its capacity; stored 3 of 4");
    assertThat(counts(jobs).waiting()).isEqualTo(3);
  }

  @Test
  void aFullQueueBlocksUntilThereIsAPlaceOrTimeIsUp() {
    JobsConfig small =
        config().queue(new QueueConfig(1, 2, Overflow.BLOCK, Duration.ofMillis(100))).build();
    Jobs producer = jobs(small);
    producer.enqueueAll(MAIL, List.of(mail(1), mail(2)));
    assertThatThrownBy(() -> producer.enqueue(MAIL, mail(3))).isInstanceOf(QueueFull.class);

    JobsConfig patient = config().queue(new QueueConfig(1, 2, Overflow.BLOCK, SOON)).build();
    List<Mail> mails = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      mails.add(mail(i));
    }
    Jobs jobs = jobs(patient).handle(MAIL, (mail, context) -> {}).start();
    assertThat(jobs.enqueueAll(MAIL, mails)).hasSize(50);
    awaitEnded(jobs, 52);
  }

  @Test
  void aFullQueueLetsTheCallerRun() {
    JobsConfig small =
        config().queue(new QueueConfig(1, 2, Overflow.CALLER_RUNS, Duration.ZERO)).build();
    Set<Thread> ran = ConcurrentHashMap.newKeySet();
    Jobs jobs =
        jobs(small)
            .handle(
                MAIL,
                (mail, context) -> {
                  ran.add(Thread.currentThread());
                  if (mail.number() == 4) {
                    throw new IllegalStateException("failed");
                  }
                });
    assertThat(jobs.enqueueAll(MAIL, List.of(mail(1), mail(2), mail(3), mail(4))))
        .extracting(Enqueued::outcome)
        .containsExactly(
            Enqueued.Outcome.STORED,
            Enqueued.Outcome.STORED,
            Enqueued.Outcome.RAN_IN_CALLER,
            Enqueued.Outcome.STORED);
    assertThat(ran).containsExactly(Thread.currentThread());
    assertThat(counts(jobs).waiting()).as("the failed one past the capacity").isEqualTo(3);
  }

  @Test
  void optionsReachTheJob() {
    Map<String, String> seen = new ConcurrentHashMap<>();
    Jobs jobs =
        jobs()
            .handle(
                MAIL,
                (mail, context) -> {
                  seen.put("key", context.key().orElse(""));
                  seen.putAll(context.headers());
                });
    Enqueued first =
        jobs.enqueue(
            MAIL, mail(1), o -> o.key("u1").unique("welcome").header("traceparent", "00-1"));
    Enqueued second = jobs.enqueue(MAIL, mail(1), o -> o.unique("welcome"));
    assertThat(second.duplicate()).isTrue();
    assertThat(second.id()).isEqualTo(first.id());
    jobs.start();
    awaitEnded(jobs, 1);
    assertThat(seen).containsEntry("key", "u1").containsEntry("traceparent", "00-1");
    assertThat(jobs.stats().duplicates()).isEqualTo(1);
  }

  @Test
  void jobsOfAKeyKeepTheirOrderOverTwoNodes() {
    Map<String, List<Integer>> order = new ConcurrentHashMap<>();
    Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();
    AtomicInteger overlaps = new AtomicInteger();
    JobHandler<Mail> handler =
        (mail, context) -> {
          AtomicInteger running = inside.computeIfAbsent(mail.to(), key -> new AtomicInteger());
          if (running.incrementAndGet() > 1) {
            overlaps.incrementAndGet();
          }
          order
              .computeIfAbsent(mail.to(), key -> new ArrayList<>())
              .add(mail.number() * 10 + context.attempt());
          running.decrementAndGet();
          if (mail.number() % 7 == 3 && context.attempt() == 1) {
            throw new IllegalStateException("once");
          }
        };
    Jobs producer = jobs();
    for (int i = 0; i < 30; i++) {
      for (String key : List.of("a", "b", "c")) {
        producer.enqueue(MAIL, new Mail(key, i), o -> o.key(key));
      }
    }
    jobs().handle(MAIL, handler).start();
    Jobs second = jobs().handle(MAIL, handler).start();
    awaitEnded(second, 90);
    assertThat(overlaps).as("I4").hasValue(0);
    for (List<Integer> runs : order.values()) {
      assertThat(runs).as("I4").isSorted().hasSize(34);
    }
  }

  @Test
  void aLowPriorityIsNotStarved() {
    JobType<Mail> low = JobType.of("low", Mail.class).priority(Priority.LOW);
    JobType<Mail> high = JobType.of("high", Mail.class).priority(Priority.CRITICAL);
    JobsConfig one = config().queue(QueueConfig.defaults().withWorkers(1)).build();
    List<String> order = new ArrayList<>();
    Jobs jobs = jobs(one);
    for (int i = 0; i < 120; i++) {
      jobs.enqueue(high, mail(i));
    }
    for (int i = 0; i < 5; i++) {
      jobs.enqueue(low, mail(i));
    }
    jobs.handle(high, (mail, context) -> order.add("high"))
        .handle(low, (mail, context) -> order.add("low"))
        .start();
    awaitEnded(jobs, 125);
    for (int k = 1; k <= 5; k++) {
      assertThat(order.subList(0, 15 * k + 15).stream().filter("low"::equals).count())
          .as("I5: low jobs among the first %s", 15 * k + 15)
          .isGreaterThanOrEqualTo(k);
    }
  }

  @Test
  void anEarlierVersionIsReadAndALaterOneIsLeft() {
    JobType<MailV1> v1 = JobType.of("versioned", MailV1.class);
    JobType<Mail> v2 =
        JobType.of("versioned", Mail.class)
            .version(2)
            .upcast(1, MailV1.class, old -> new Mail(old.address(), -1));
    JobType<Mail> v3 = v2.version(3);
    ConcurrentLinkedQueue<Mail> seen = new ConcurrentLinkedQueue<>();
    Jobs jobs = jobs().handle(v2, (mail, context) -> seen.add(mail)).start();
    jobs.enqueue(v1, new MailV1("a@example.org"));
    jobs.enqueue(v2, new Mail("b@example.org", 2));
    Enqueued later = jobs.enqueue(v3, new Mail("c@example.org", 3));
    awaitEnded(jobs, 2);
    assertThat(seen)
        .containsExactlyInAnyOrder(new Mail("a@example.org", -1), new Mail("b@example.org", 2));
    Await.until("returned uncharged", SOON, () -> counts(jobs).returned() > 0);
    assertThat(counts(jobs).waiting()).isEqualTo(1);
    assertThat(jobs.cancel(later.id())).isTrue();
  }

  @Test
  void aTypeWithoutHandlerStaysForAnotherNode() {
    JobType<Mail> unknown = JobType.of("unknown", Mail.class);
    Jobs jobs = jobs().handle(MAIL, (mail, context) -> {}).start();
    jobs.enqueue(unknown, mail(1));
    jobs.enqueue(MAIL, mail(2));
    awaitEnded(jobs, 1);
    assertThat(counts(jobs).waiting()).isEqualTo(1);
    assertThat(counts(jobs).claimed()).isEqualTo(1);
    Jobs newer = jobs().handle(unknown, (mail, context) -> {}).start();
    awaitEnded(newer, 2);
  }

  @Test
  void aDelayedJobStartsAtItsTime() {
    AtomicReference<Long> started = new AtomicReference<>(0L);
    Jobs jobs = jobs().handle(MAIL, (mail, context) -> started.set(System.nanoTime())).start();
    long before = System.nanoTime();
    jobs.enqueue(MAIL, mail(1), o -> o.delay(Duration.ofMillis(150)));
    awaitEnded(jobs, 1);
    assertThat(started.get() - before).isGreaterThanOrEqualTo(Duration.ofMillis(149).toNanos());
  }

  @Test
  void meteredByQueueAndType() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Jobs jobs =
        Jobs.builder(open(application))
            .config(config().lease(Duration.ofMillis(600)).build())
            .meterRegistry(registry)
            .build()
            .handle(
                MAIL,
                (mail, context) -> {
                  if (context.attempt() == 1) {
                    throw new IllegalStateException("once");
                  }
                })
            .start();
    jobs.enqueue(MAIL, mail(1));
    awaitEnded(jobs, 1);
    Await.until(
        "both attempts are recorded",
        SOON,
        () ->
            registry.get("perf.jobs.attempts").tag("outcome", "done").timer().count() == 1
                && registry.get("perf.jobs.attempts").tag("outcome", "retried").timer().count()
                    == 1);
    assertThat(registry.get("perf.jobs.enqueued").tag("type", "mail").counter().count())
        .isEqualTo(1);
    assertThat(registry.get("perf.jobs.wait").tag("queue", "default").timer().count()).isEqualTo(2);
    jobs.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void closeLeavesNoThread() {
    ThreadLeaks.assertNone(
        "perf-jobs-" + application,
        () -> {
          Jobs jobs =
              Jobs.builder(open(application))
                  .config(config().build())
                  .build()
                  .handle(MAIL, (mail, context) -> {})
                  .start();
          jobs.enqueue(MAIL, mail(1));
          awaitEnded(jobs, 1);
          assertThat(jobs.health().healthy()).isTrue();
          jobs.close();
          assertThat(jobs.health().healthy()).isFalse();
        });
  }
}
