package io.perfkit.db.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

final class NodeTest {
  private final DataSource neverAsked = new PGSimpleDataSource();
  private final Node busy = new Node("busy", neverAsked);
  private final Node idle = new Node("idle", neverAsked);

  @Test
  void theLighterOfTwoIsChosenAndTheOtherOnlyWhereItIsBoth() {
    busy.connectionsOut.set(5);

    long chosen =
        IntStream.range(0, 1_000)
            .filter(i -> Node.lighterOfTwo(List.of(busy, idle)) == busy)
            .count();

    assertThat(chosen).isBetween(100L, 400L); // a quarter
  }

  @Test
  void nodesThatAreEqualShare() {
    long chosen =
        IntStream.range(0, 1_000)
            .filter(i -> Node.lighterOfTwo(List.of(busy, idle)) == busy)
            .count();

    assertThat(chosen).isBetween(300L, 700L);
  }

  /** A standby that crashed is at an earlier position than it was asked for before. */
  @Test
  void anAnswerThatWasAskedForBeforeTheLastOneOrALossIsIgnored() {
    NodeState early = new NodeState(true, new WalPosition(1, 900), 10);
    NodeState afterTheCrash = new NodeState(true, new WalPosition(1, 500), 20);
    NodeState later = new NodeState(true, new WalPosition(1, 1_000), 40);

    idle.found(afterTheCrash);
    idle.found(early);
    assertThat(idle.state()).isEqualTo(afterTheCrash);

    idle.lost(30);
    idle.found(early);
    assertThat(idle.state()).isNull();
    idle.found(later);
    assertThat(idle.state()).isEqualTo(later);
  }
}
