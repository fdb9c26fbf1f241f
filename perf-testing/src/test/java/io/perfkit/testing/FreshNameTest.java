package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FreshNameTest {
  @Test
  void beginsWithTheClassAndNeverRepeats() {
    assertThat(FreshName.of(FreshNameTest.class)).matches("FreshNameTest_[0-9a-f]{16}");
    assertThat(FreshName.of(FreshNameTest.class)).isNotEqualTo(FreshName.of(FreshNameTest.class));
  }

  @Test
  void leavesOutWhatIsNotPlainAndCutsWhatIsLong() {
    assertThat(FreshName.of(Two_$Words.class)).matches("TwoWords_[0-9a-f]{16}");
    assertThat(FreshName.of(ANameThatIsLongerThanPostgresqlWouldKeepIfItHadARandomEnd.class))
        .matches("ANameThatIsLongerThanPostgresqlWouldKeep_[0-9a-f]{16}");
  }

  private static final class Two_$Words {}

  private static final class ANameThatIsLongerThanPostgresqlWouldKeepIfItHadARandomEnd {}
}
