package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

final class FaultTest {
  @Test
  void eachClassOfFailuresHasItsTreatment() {
    assertThat(faults("08006", "53300", "57P01", "25006", "55P03", "XX000", "90067", "HYT00"))
        .containsOnly(Fault.RETRY);
    assertThat(faults("40001", "40P01", "57014")).containsOnly(Fault.SPLIT);
    assertThat(faults("22001", "23505", "21000", "44000", "P0001")).containsOnly(Fault.BISECT);
    assertThat(faults("42703", "28P01", "3D000", "0A000")).containsOnly(Fault.WRONG);
    assertThat(Fault.of(new SQLException("without"))).isEqualTo(Fault.RETRY);
    assertThat(Fault.of(new SQLException("odd", "1"))).isEqualTo(Fault.RETRY);
    assertThat(Fault.of(new IllegalStateException("no answer at all"))).isEqualTo(Fault.RETRY);
  }

  @Test
  void onlyAnAnswerProvesThatACommitDidNotTakePlace() {
    assertThat(Fault.certainlyRolledBack(new SQLException("", "40001"))).isTrue();
    assertThat(Fault.certainlyRolledBack(new SQLException("", "23505"))).isTrue();
    assertThat(Fault.certainlyRolledBack(new SQLException("", "40003"))).isFalse();
    assertThat(Fault.certainlyRolledBack(new SQLException("", "08006"))).isFalse();
    assertThat(Fault.certainlyRolledBack(new SQLException("", "57P01"))).isFalse();
    assertThat(Fault.certainlyRolledBack(new SQLException("without"))).isFalse();
    assertThat(Fault.certainlyRolledBack(new IllegalStateException())).isFalse();
  }

  @Test
  void namesAFailureWithoutItsMessage() {
    assertThat(Fault.name(new SQLException("Key (id)=(5)", "23505"))).isEqualTo("SQLSTATE 23505");
    assertThat(Fault.name(new IllegalStateException("secret"))).isEqualTo("IllegalStateException");
  }

  private static Fault[] faults(String... states) {
    Fault[] faults = new Fault[states.length];
    for (int i = 0; i < states.length; i++) {
      faults[i] = Fault.of(new SQLException("", states[i]));
    }
    return faults;
  }
}
