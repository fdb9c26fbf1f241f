package io.perfkit.db.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReadYourWritesTest {
  private final ReadYourWrites ownWrites = new ReadYourWrites(null);

  private static WalPosition at(long lsn) {
    return new WalPosition(1, lsn);
  }

  private static Optional<NodeState> primary(WalPosition position, long since) {
    return Optional.of(new NodeState(false, position, since));
  }

  @Test
  void whoWroteNothingSeesAllAnywhere() {
    assertThat(ownWrites.isSeenAt(at(0), Optional.empty())).isTrue();
  }

  @Test
  void noReplicaWillDoUntilThePrimaryWasAskedAfterTheWrite() { // H1
    ownWrites.writing();
    assertThat(ownWrites.isSeenAt(at(900), primary(at(100), 50))).isFalse();
    ownWrites.wroteLast(60);
    assertThat(ownWrites.isSeenAt(at(900), primary(at(100), 60))).as("asked no later").isFalse();
    assertThat(ownWrites.isSeenAt(at(900), primary(at(200), 61))).isTrue();
  }

  @Test
  void aReplicaWillDoThatReachedThePlace() { // H2
    ownWrites.writing();
    ownWrites.wroteLast(60);
    assertThat(ownWrites.isSeenAt(at(199), primary(at(200), 61))).isFalse();
    assertThat(ownWrites.isSeenAt(at(200), primary(at(300), 62))).isTrue();
    assertThat(ownWrites.isSeenAt(new WalPosition(2, 200), primary(at(300), 62)))
        .as("on another timeline")
        .isFalse();
  }

  @Test
  void afterAFailoverThePlaceIsTheNewPrimarys() {
    ReadYourWrites of = new ReadYourWrites(at(1_000));
    assertThat(of.isSeenAt(new WalPosition(2, 500), primary(new WalPosition(2, 400), 10))).isTrue();
    assertThat(of.mustSee()).hasValue(new WalPosition(2, 400));
  }

  @Test
  void aTokenThatKnowsOfAFailoverIsNotTakenBackByOneWhoDoesNot() { // H3
    ReadYourWrites of = new ReadYourWrites(new WalPosition(2, 500));
    assertThat(of.isSeenAt(at(1_000), primary(at(1_000), 10))).isFalse();
    assertThat(of.mustSee()).hasValue(new WalPosition(2, 500));
    assertThat(of.isSeenAt(new WalPosition(2, 500), primary(new WalPosition(2, 600), 20))).isTrue();
  }

  @Test
  void lagIsTheAgeOfTheNewestPlaceReached() {
    PrimaryHistory positions = new PrimaryHistory(3);
    assertThat(positions.lag(at(5))).isEmpty();
    for (int poll = 1; poll <= 4; poll++) {
      positions.add(new NodeState(false, at(10L * poll), 100L * poll));
    }
    assertThat(positions.lag(at(40))).hasValue(Duration.ZERO);
    assertThat(positions.lag(at(39))).hasValue(Duration.ofNanos(100));
    assertThat(positions.lag(at(20))).hasValue(Duration.ofNanos(200));
    assertThat(positions.lag(at(10))).as("no longer remembered").isEmpty();
    assertThat(positions.lag(new WalPosition(2, 99))).isEmpty();
    positions.add(new NodeState(false, new WalPosition(2, 5), 500));
    assertThat(positions.lag(at(40))).as("another primary").isEmpty();
  }

  @Test
  void aPlaceHasAText() {
    WalPosition position = new WalPosition(7, 0xABC_1234_5678L);
    assertThat(position).hasToString("7:ABC/12345678");
    assertThat(WalPosition.parse("7:ABC/12345678")).isEqualTo(position);
    assertThat(new WalPosition(1, -1).reached(at(1))).as("unsigned").isTrue();
  }
}
