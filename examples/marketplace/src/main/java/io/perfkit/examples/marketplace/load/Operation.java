package io.perfkit.examples.marketplace.load;

import java.util.regex.Pattern;

/** What a user of the market does. */
enum Operation {
  MARKETS("market list", "GET /markets(\\?.*)?"),
  MARKET("market", "GET /markets/.*"),
  PROFILE("profile", "GET /users/[^/]*"),
  SEARCH("search", "GET /users(\\?.*)?"),
  HISTORY("history", "GET /users/[^/]*/bets(\\?.*)?"),
  BET("bet", "POST /bets"),
  OTHER("other", ".*");

  private final String label;
  private final Pattern requests;

  Operation(String label, String requests) {
    this.label = label;
    this.requests = Pattern.compile(requests);
  }

  static Operation of(Call call) {
    String request = (call.body() == null ? "GET " : "POST ") + call.path();
    for (Operation operation : values()) {
      if (operation.requests.matcher(request).matches()) {
        return operation;
      }
    }
    return OTHER;
  }

  /** In the table. */
  String label() {
    return label;
  }
}
