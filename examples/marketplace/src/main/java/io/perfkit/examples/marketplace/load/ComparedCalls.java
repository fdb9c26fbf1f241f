package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.DataSize;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The calls whose answers are compared: a spread over all endpoints, good and bad ones. */
final class ComparedCalls {
  private ComparedCalls() {}

  /** Some hundred calls that change nothing. */
  static List<Call> unchanging(DataSize size, Workload workload) {
    List<String> paths = new ArrayList<>();
    for (int page = 0; page < 40; page++) {
      paths.add("/markets?page=" + page);
      paths.add("/markets?page=" + page + "&size=" + (1 + page));
    }
    for (int i = 0; i < 60; i++) {
      long market = 1 + (long) i * (size.markets() - 1) / 59;
      long user = 1 + (long) i * (size.users() - 1) / 59;
      paths.add("/markets/" + market);
      paths.add("/users/" + user);
      paths.add("/users/" + user + "/bets");
      paths.add("/users/" + user + "/bets?size=7");
      paths.add("/users?query=user-%05d".formatted(user).substring(0, 17));
      paths.add("/users?query=USER-0&page=" + i);
    }
    List<Call> calls = new ArrayList<>(paths.stream().map(Call::get).toList());
    calls.add(Call.post("/login", "{\"userId\":1}"));
    Stream.generate(workload::read).limit(100).forEach(calls::add);
    calls.addAll(refused());
    return calls;
  }

  /** What both sides must refuse with the same words. */
  static List<Call> refused() {
    return List.of(
        Call.get("/"),
        Call.get("/nowhere"),
        Call.get("/markets/0"),
        Call.get("/markets/x"),
        Call.get("/markets/99999999999999999999"),
        Call.get("/markets/1/bets"),
        Call.get("/markets?page=-1"),
        Call.get("/markets?page=10001"),
        Call.get("/markets?size=51"),
        Call.get("/markets?page=x"),
        Call.get("/users/0"),
        Call.get("/users/0/bets"),
        Call.get("/users/1/bets?from=nowhere"),
        Call.get("/users/1/bets?from="),
        Call.get("/users/1/bets?size=51"),
        Call.get("/users"),
        Call.get("/users?query=u"),
        Call.get("/users?query=%25%25"),
        Call.get("/users?query=us_r"),
        Call.get("/bets"),
        Call.post("/markets", "{}"),
        Call.get("/login"),
        Call.post("/login", "{}"),
        Call.post("/login", "{\"userId\":0}"),
        Call.post("/bets", ""),
        Call.post("/bets", "null"),
        Call.post("/bets", "{"),
        Call.post("/bets", "[]"),
        Call.post("/bets", bet(1, 1, "MAYBE", "1")),
        Call.post("/bets", bet(1, 1, "YES", "-1")),
        Call.post("/bets", bet(1, 1, "YES", "0")),
        Call.post("/bets", bet(1, 1, "YES", "1.5")),
        Call.post("/bets", bet(1, 1, "YES", "\"1\"")),
        Call.post("/bets", bet(1, 1, "YES", "null")),
        Call.post("/bets", bet(1, 0, "YES", "1")),
        Call.post("/bets", bet(0, 1, "YES", "1")),
        Call.post("/bets", bet(0, 2, "YES", "1")),
        Call.post("/bets", bet(0, 3, "YES", "1")),
        Call.post("/bets", "{\"userId\":1}"),
        Call.post("/bets", " ".repeat(20_000) + "{}"));
  }

  static String bet(long user, long market, String side, String stake) {
    return """
        {"userId":%d,"marketId":%d,"side":"%s","stakeCents":%s}"""
        .formatted(user, market, side, stake);
  }
}
