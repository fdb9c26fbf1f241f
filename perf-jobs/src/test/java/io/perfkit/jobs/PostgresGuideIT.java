package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The examples of docs/guide/jobs.md that need a database. */
@RealPostgres
final class PostgresGuideIT {
  record Mail(String to) {}

  private static final JobType<Mail> MAIL = JobType.of("mail.send", Mail.class);
  private static final Duration SOON = Duration.ofSeconds(30);

  private static final class Mailer {
    final List<Mail> sent = new CopyOnWriteArrayList<>();

    void send(Mail mail) {
      sent.add(mail);
    }
  }

  @Test
  void storesAJobInATransaction(TestDatabase database) throws SQLException {
    Mailer mailer = new Mailer();
    try (HikariDataSource dataSource = Pools.of(database, 10, true);
        Connection connection = dataSource.getConnection()) {
      PostgresStore store = PostgresStore.create(dataSource, "shop");
      Jobs jobs = Jobs.create(store).handle(MAIL, (mail, context) -> mailer.send(mail)).start();
      connection.setAutoCommit(false);
      jobs.enqueue(
          connection, MAIL, new Mail("alice@example.org")); // there if and only if you commit
      connection.commit();
      Await.until("sent", SOON, () -> mailer.sent.size() == 1);
      jobs.close();
    }
  }

  private static void writeInvoice(Connection connection, Mail mail) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("create table invoices as select '" + mail.to() + "' as customer");
    }
  }

  @Test
  void completesAJobInATransaction(TestDatabase database) {
    try (HikariDataSource dataSource = Pools.of(database, 10, true)) {
      JobHandler<Mail> handler =
          (mail, context) -> {
            try (Connection connection = dataSource.getConnection()) {
              connection.setAutoCommit(false);
              writeInvoice(connection, mail);
              context.completeIn(connection);
              connection.commit();
            }
          };
      Jobs jobs = Jobs.create(PostgresStore.create(dataSource, "invoices")).handle(MAIL, handler);
      jobs.start();
      jobs.enqueue(MAIL, new Mail("alice@example.org"));
      Await.until("done", SOON, () -> jobs.audit().total().done() == 1);
      assertThat(jobs.audit().holds()).isTrue();
      jobs.close();
    }
  }
}
