package io.perfkit.db.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.route.Node.Standing;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HorizonTest {
  private final Horizon horizon = new Horizon(null);

  private static Position at(long lsn) {
    return new Position(1, lsn);
  }

  private static Optional<Standing> primary(Position position, long since) {
    return Optional.of(new Standing(false, position, since));
  }

  @Test
  void whoWroteNothingSeesAllAnywhere() {
    assertThat(horizon.isSeenAt(at(0), Optional.empty())).isTrue();
  }

  @Test
  void noReplicaWillDoUntilThePrimaryWasAskedAfterTheWrite() { // H1
    horizon.writing();
    assertThat(horizon.isSeenAt(at(900), primary(at(100), 50))).isFalse();
    horizon.wroteLast(60);
    assertThat(horizon.isSeenAt(at(900), primary(at(100), 60))).as("asked no later").isFalse();
    assertThat(horizon.isSeenAt(at(900), primary(at(200), 61))).isTrue();
  }

  @Test
  void aReplicaWillDoThatReachedThePlace() { // H2
    horizon.writing();
    horizon.wroteLast(60);
    assertThat(horizon.isSeenAt(at(199), primary(at(200), 61))).isFalse();
    assertThat(horizon.isSeenAt(at(200), primary(at(300), 62))).isTrue();
    assertThat(horizon.isSeenAt(new Position(2, 200), primary(at(300), 62)))
        .as("on another timeline")
        .isFalse();
  }

  @Test
  void afterAFailoverThePlaceIsTheNewPrimarys() {
    Horizon of = new Horizon(at(1_000));
    assertThat(of.isSeenAt(new Position(2, 500), primary(new Position(2, 400), 10))).isTrue();
    assertThat(of.mustSee()).hasValue(new Position(2, 400));
  }

  @Test
  void aTokenThatKnowsOfAFailoverIsNotTakenBackByOneWhoDoesNot() { // H3
    Horizon of = new Horizon(new Position(2, 500));
    assertThat(of.isSeenAt(at(1_000), primary(at(1_000), 10))).isFalse();
    assertThat(of.mustSee()).hasValue(new Position(2, 500));
    assertThat(of.isSeenAt(new Position(2, 500), primary(new Position(2, 600), 20))).isTrue();
  }

  @Test
  void lagIsTheAgeOfTheNewestPlaceReached() {
    Positions positions = new Positions(3);
    assertThat(positions.lag(at(5))).isEmpty();
    for (int poll = 1; poll <= 4; poll++) {
      positions.add(new Standing(false, at(10L * poll), 100L * poll));
    }
    assertThat(positions.lag(at(40))).hasValue(Duration.ZERO);
    assertThat(positions.lag(at(39))).hasValue(Duration.ofNanos(100));
    assertThat(positions.lag(at(20))).hasValue(Duration.ofNanos(200));
    assertThat(positions.lag(at(10))).as("no longer remembered").isEmpty();
    assertThat(positions.lag(new Position(2, 99))).isEmpty();
    positions.add(new Standing(false, new Position(2, 5), 500));
    assertThat(positions.lag(at(40))).as("another primary").isEmpty();
  }

  @Test
  void aPlaceHasAText() {
    Position position = new Position(7, 0xABC_1234_5678L);
    assertThat(position).hasToString("7:ABC/12345678");
    assertThat(Position.parse("7:ABC/12345678")).isEqualTo(position);
    assertThat(new Position(1, -1).reached(at(1))).as("unsigned").isTrue();
  }
}
