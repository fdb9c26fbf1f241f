package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

final class FaultTest {
  @Test
  void eachClassOfFailuresMayBeAboutSomethingElse() {
    assertThat(faults("08006", "53300", "57P01", "25006", "26000", "42P05", "58030", "XX001"))
        .containsOnly(Fault.DATABASE);
    assertThat(faults("90067", "HYT00")).containsOnly(Fault.DATABASE);
    assertThat(faults("40001", "40P01", "57014", "55P03")).containsOnly(Fault.CONTENTION);
    assertThat(faults("22001", "23505", "21000", "44000", "P0001")).containsOnly(Fault.ROW);
    assertThat(faults("42703", "42501", "28P01", "3D000", "0A000", "55000", "XX000"))
        .containsOnly(Fault.ROW_OR_STATEMENT);
    assertThat(Fault.of(new SQLException("without"))).isEqualTo(Fault.DATABASE);
    assertThat(Fault.of(new SQLException("odd", "1"))).isEqualTo(Fault.DATABASE);
    assertThat(Fault.of(new IllegalStateException("no answer at all"))).isEqualTo(Fault.DATABASE);
  }

  private static Fault[] faults(String... states) {
    Fault[] faults = new Fault[states.length];
    for (int i = 0; i < states.length; i++) {
      faults[i] = Fault.of(new SQLException("", states[i]));
    }
    return faults;
  }
}
