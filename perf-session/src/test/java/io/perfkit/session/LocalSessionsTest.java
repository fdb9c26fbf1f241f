package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.session.SessionOutcome.Unavailable;
import org.junit.jupiter.api.Test;

final class LocalSessionsTest extends SessionContract {
  @Override
  SessionManager.Builder builder() {
    return SessionManager.localBuilder("local").clock(clock);
  }

  @Test
  void holdsNoMoreSessionsThanItMay() {
    SessionManager sessions = manager(strict().maxLocalSessions(2));
    Session first = active(sessions.create());
    Session second = active(sessions.create());
    assertThat(sessions.health().healthy()).isFalse();

    assertThat(sessions.create()).isInstanceOf(Unavailable.class);

    Session alice = active(sessions.login(Login.of("alice").from(second)));
    sessions.invalidate(first);
    active(sessions.create());
    active(sessions.get(text(alice)));
    assertThat(sessions.health().healthy()).isFalse();
  }

  @Test
  void managersInOneProcessAreApart() {
    SessionManager one = manager(strict());
    SessionManager two = manager(strict());
    Session session = active(one.login(Login.of("alice")));
    assertThat(two.get(text(session)).session()).isEmpty();
    assertThat(two.count("alice")).isZero();
  }
}
