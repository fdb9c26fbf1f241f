package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class OperationTest {

  @Test
  void isReadFromTheRequest() {
    assertThat(Operation.of(Call.get("/markets"))).isEqualTo(Operation.MARKETS);
    assertThat(Operation.of(Call.get("/markets?page=3"))).isEqualTo(Operation.MARKETS);
    assertThat(Operation.of(Call.get("/markets/7"))).isEqualTo(Operation.MARKET);
    assertThat(Operation.of(Call.get("/users?query=user-0"))).isEqualTo(Operation.SEARCH);
    assertThat(Operation.of(Call.get("/users/42"))).isEqualTo(Operation.PROFILE);
    assertThat(Operation.of(Call.get("/users/42/bets?from=A&size=3"))).isEqualTo(Operation.HISTORY);
    assertThat(Operation.of(Call.post("/bets", "{}"))).isEqualTo(Operation.BET);
    assertThat(Operation.of(Call.post("/markets", "{}"))).isEqualTo(Operation.OTHER);
    assertThat(Operation.of(Call.get("/nowhere"))).isEqualTo(Operation.OTHER);
  }
}
