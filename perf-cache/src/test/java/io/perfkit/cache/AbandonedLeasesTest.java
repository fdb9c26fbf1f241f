package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.cache.SecondLevel.Release;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AbandonedLeasesTest {
  private final AbandonedLeases leases = new AbandonedLeases();

  private static Release release(int key) {
    return new Release(Address.inProcess("k" + key), EntryVersion.next());
  }

  @Test
  void returnsEachLeaseOnceAndOnlyAfterItsTime() {
    Release first = release(1);
    Release second = release(2);
    leases.add(first, 100);
    leases.add(second, 200);

    assertThat(leases.take(10, over -> 99 >= over)).isEmpty();
    assertThat(leases.take(10, over -> 150 >= over)).containsExactly(first);
    assertThat(leases.take(10, over -> 300 >= over)).containsExactly(second);
    assertThat(leases.take(10, over -> true)).isEmpty();
  }

  @Test
  void holdsALimitedNumberAndHasRoomAgainOnceTheyAreTaken() {
    for (int i = 0; i < AbandonedLeases.MAX_LEASES + 5; i++) {
      leases.add(release(i), 0);
    }
    List<Release> taken = leases.take(AbandonedLeases.MAX_LEASES + 5, over -> true);
    assertThat(taken).hasSize(AbandonedLeases.MAX_LEASES);
    leases.add(release(1), 0);
    assertThat(leases.take(10, over -> true)).hasSize(1);
  }
}
