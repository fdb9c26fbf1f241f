package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.perfkit.examples.marketplace.DataSize;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class WorkloadTest {
  private static final List<Long> OPEN = LongStream.rangeClosed(1, 900).boxed().toList();

  @Test
  void readsNineTimesOfTen() {
    List<Call> calls = calls(1, 50_000);

    long reads = calls.stream().filter(call -> call.body() == null).count();
    assertThat(reads / 50_000.0).isCloseTo(0.9, within(0.01));
  }

  @Test
  void asksForThePopularOnesMostOften() {
    long[] profiles =
        calls(1, 200_000).stream()
            .map(Call::path)
            .filter(path -> path.matches("/users/\\d+"))
            .mapToLong(path -> Long.parseLong(path.substring("/users/".length())))
            .toArray();
    long[] counts = new long[10_001];
    for (long user : profiles) {
      counts[(int) user]++;
    }
    Arrays.sort(counts);

    // By Zipf's law with 10,000 ids the first has 1 / H(10,000) = 10.2 % of the requests.
    assertThat((double) counts[10_000] / profiles.length).isCloseTo(0.102, within(0.01));
    assertThat((double) counts[9_999] / profiles.length).isCloseTo(0.051, within(0.01));
  }

  @Test
  void givesBothSidesTheSameCalls() {
    assertThat(calls(1, 1_000)).isEqualTo(calls(1, 1_000)).isNotEqualTo(calls(2, 1_000));
  }

  @Test
  void turnsThePagesOfHistoriesThatLinkToOne() {
    Workload workload = new Workload(1, DataSize.FULL, OPEN);
    int pages = 0;
    for (int i = 0; i < 20_000; i++) {
      Call call = workload.read();
      pages += call.path().endsWith("next") ? 1 : 0;
      workload.links().answered(call, "{\"next\":\"%s?next\"}".formatted(call.path()));
    }

    // One read in ten is of a history; half of these go on where the history is known already.
    assertThat(pages).isBetween(500, 1_000);
  }

  private static List<Call> calls(long seed, int count) {
    return Stream.generate(new Workload(seed, DataSize.FULL, OPEN)).limit(count).toList();
  }
}
