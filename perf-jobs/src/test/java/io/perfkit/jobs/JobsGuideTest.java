package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** The examples of README.md and docs/guide/jobs.md. */
final class JobsGuideTest {
  record Mail(String to) {}

  record OldMail(String address) {}

  static final JobType<Mail> MAIL = JobType.of("mail.send", Mail.class).attempts(5);

  static final JobType<Mail> CAREFUL =
      JobType.of("mail.careful", Mail.class)
          .queue("mail")
          .priority(Priority.HIGH)
          .backoff(Backoff.exponential(Duration.ofMillis(200), Duration.ofMinutes(10)))
          .timeout(Duration.ofSeconds(30))
          .version(2)
          .upcast(1, OldMail.class, old -> new Mail(old.address()));

  static final class Mailer {
    final List<Mail> sent = new CopyOnWriteArrayList<>();

    void send(Mail mail) {
      sent.add(mail);
    }
  }

  @Test
  void fiveLines() {
    Mailer mailer = new Mailer();
    Jobs jobs = Jobs.local("shop").handle(MAIL, (mail, context) -> mailer.send(mail)).start();
    jobs.enqueue(
        MAIL, new Mail("alice@example.org"), o -> o.key("alice").delay(Duration.ofMinutes(5)));
    jobs.enqueue(MAIL, new Mail("bob@example.org"));
    Await.until("sent", Duration.ofSeconds(30), () -> mailer.sent.size() == 1);
    assertThat(jobs.audit().total().waiting()).isEqualTo(1);
    jobs.close();
  }

  static Jobs inRedis(UnifiedJedis redis, Mailer mailer) {
    Jobs jobs =
        Jobs.create(RedisStore.create(redis, "shop"))
            .handle(MAIL, (mail, context) -> mailer.send(mail))
            .start();
    return jobs;
  }

  @Test
  void options() {
    try (Jobs jobs = Jobs.local("shop")) {
      Mail mail = new Mail("alice@example.org");
      Enqueued welcome = jobs.enqueue(MAIL, mail, o -> o.unique("welcome-alice"));
      boolean again = jobs.enqueue(MAIL, mail, o -> o.unique("welcome-alice")).duplicate(); // true
      jobs.enqueue(MAIL, mail, o -> o.unique("digest-alice", Duration.ofDays(1)));
      jobs.enqueueAll(MAIL, List.of(mail, mail)); // 500 in one call of the store
      jobs.cancel(welcome.id());
      assertThat(again).isTrue();
      assertThat(jobs.audit().total().waiting()).isEqualTo(3);
      assertThat(CAREFUL.queue()).isEqualTo("mail");
    }
  }

  @Test
  void settings() {
    JobsConfig config =
        JobsConfig.builder()
            .queue("mail", new QueueConfig(16, 100_000, Overflow.REJECT, Duration.ZERO))
            .lease(Duration.ofSeconds(10))
            .build();
    Jobs jobs = Jobs.localBuilder("shop").config(config).build();
    assertThat(jobs.config().queue("mail").workers()).isEqualTo(16);
    jobs.close();
  }

  @Test
  void decisions() {
    JobHandler<Mail> handler =
        (mail, context) -> {
          if (mail.to().isEmpty()) {
            throw new DeadLetterJob("no address");
          }
          context.throwIfCancelled();
          throw RetryLater.after(Duration.ofMinutes(1));
        };
    try (JobsTestKit kit = JobsTestKit.create()) {
      kit.jobs().handle(MAIL, handler);
      kit.jobs().enqueue(MAIL, new Mail("alice@example.org"));
      assertThat(kit.runDue()).isEqualTo(1);
      kit.advance(Duration.ofMinutes(1));
      assertThat(kit.runDue()).isEqualTo(1);
    }
  }

  @Test
  void schedules() {
    try (Jobs jobs = Jobs.local("shop")) {
      Mail report = new Mail("alice@example.org");
      Cron nightly = Cron.parse("0 3 * * *", ZoneId.of("Europe/Berlin"));
      jobs.cron("nightly-report", nightly, MAIL, report);
      jobs.cron(
          "month-end",
          Cron.parse("0 6 LW * *", ZoneId.of("UTC")),
          Duration.ofHours(12),
          MAIL,
          report);
      assertThat(jobs.audit().total().enqueued()).isZero();
    }
  }

  @Test
  void deadLetters() {
    try (Jobs jobs = Jobs.local("shop")) {
      for (DeadLetter letter : jobs.deadLetters("mail", 100)) {
        if (letter.reason() == DeadReason.ATTEMPTS_EXHAUSTED) {
          jobs.replay(letter.id());
        }
      }
      assertThat(jobs.audit().holds()).isTrue();
    }
  }
}
