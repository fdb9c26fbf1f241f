package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NextLinksTest {
  private static final String HISTORY = "/users/7/bets";

  private final NextLinks links = new NextLinks();

  @Test
  void followsAHistoryToItsLastPageAndBeginsAnew() {
    assertThat(links.after(HISTORY)).isEqualTo(HISTORY);

    links.answered(Call.get(HISTORY), "{\"bets\":[],\"next\":\"/users/7/bets?size=10&from=a\"}");
    assertThat(links.after(HISTORY)).isEqualTo("/users/7/bets?size=10&from=a");
    assertThat(links.after("/users/77/bets")).isEqualTo("/users/77/bets");

    links.answered(Call.get(links.after(HISTORY)), "{\"bets\":[],\"next\":null}");
    assertThat(links.after(HISTORY)).isEqualTo(HISTORY);
  }

  @Test
  void readsOnlyTheAnswersOfHistories() {
    assertThat(links.mayFollow(Call.get(HISTORY))).isTrue();
    assertThat(links.mayFollow(Call.get(HISTORY + "?size=3&from=x"))).isTrue();
    assertThat(links.mayFollow(Call.get("/users/7"))).isFalse();
    assertThat(links.mayFollow(Call.post("/bets", "{}"))).isFalse();
  }

  @Test
  void comparesWhetherThereIsALinkAndNotWhereItLeads() {
    String first = "{\"bets\":[],\"next\":\"/a?from=1\"}";

    assertThat(NextLinks.without(first))
        .isEqualTo(NextLinks.without("{\"bets\":[],\"next\":\"/a?from=xyz\"}"))
        .isNotEqualTo(NextLinks.without("{\"bets\":[],\"next\":null}"));
    assertThat(NextLinks.in(first)).contains("/a?from=1");
    assertThat(NextLinks.in("{\"next\":null}")).isEmpty();
  }
}
