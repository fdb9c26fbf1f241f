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
}
