package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ClaimOrderTest {
  @Test
  void dividesAnyFifteenPlacesInARowByWeight() {
    ClaimOrder order = new ClaimOrder();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      List<Integer> quotas = order.next(1);
      for (int p = 0; p < quotas.size(); p++) {
        for (int n = 0; n < quotas.get(p); n++) {
          places.add(p);
        }
      }
    }
    for (int from = 0; from + 15 <= places.size(); from++) {
      List<Integer> window = places.subList(from, from + 15);
      for (Priority priority : Priority.values()) {
        assertThat(window.stream().filter(p -> p == priority.index()).count())
            .as("I5: %s in %s", priority, window)
            .isEqualTo(priority.weight());
      }
    }
  }

  @Test
  void aClaimGivesEachPriorityAtLeastItsShare() {
    Random random = new Random(7);
    ClaimOrder order = new ClaimOrder();
    for (int i = 0; i < 1_000; i++) {
      int places = 15 * (1 + random.nextInt(20));
      List<Integer> quotas = order.next(places);
      for (Priority priority : Priority.values()) {
        assertThat(quotas.get(priority.index()))
            .as("I5")
            .isEqualTo(places * priority.weight() / 15);
      }
    }
  }

  @Test
  void startsTheJobsOfAClaimMixedAndEachPriorityInOrder() {
    List<ClaimedJob> claimed = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      for (int i = 0; i < 15; i++) {
        claimed.add(job(priority, i));
      }
    }
    List<ClaimedJob> ordered = ClaimOrder.interleaved(claimed);
    assertThat(ordered).hasSize(60).containsExactlyInAnyOrderElementsOf(claimed);
    for (Priority priority : Priority.values()) {
      assertThat(ordered.stream().filter(job -> job.priority() == priority).map(ClaimedJob::claim))
          .isSorted();
    }
    assertThat(ordered.subList(0, 15).stream().map(ClaimedJob::priority).distinct()).hasSize(4);
  }

  private static ClaimedJob job(Priority priority, int number) {
    NewJob plain = Samples.plain();
    return new ClaimedJob(
        plain.id(), "q", "t", 1, priority, null, 1, number, 1, 3, 0, Map.of(), "", 0, "");
  }
}
