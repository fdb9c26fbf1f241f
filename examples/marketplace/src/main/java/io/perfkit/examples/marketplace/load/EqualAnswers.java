package io.perfkit.examples.marketplace.load;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks two hosts on one database the same and compares status and body, byte for byte. Bets go to
 * the second host only, whose caches have to follow. One thread at a time.
 */
final class EqualAnswers {
  private static final Pattern USER = Pattern.compile("\"userId\":(\\d+)");
  private static final Pattern MARKET = Pattern.compile("\"marketId\":(\\d+)");

  private static final int PAGES_MAX = 60;

  private final HttpTarget plain;
  private final HttpTarget perfkit;
  private int compared;

  EqualAnswers(HttpTarget plain, HttpTarget perfkit) {
    this.plain = plain;
    this.perfkit = perfkit;
  }

  /** How many answers have been compared. */
  int compared() {
    return compared;
  }

  /**
   * Compares {@code calls}, none of which may change anything; describes the first difference.
   * Where an answer links to a next page both sides are asked for theirs, page by page: how such a
   * link names its page is the side's own affair.
   */
  Optional<String> compare(List<Call> calls) throws IOException, InterruptedException {
    for (Call call : calls) {
      Optional<Call> plainCall = Optional.of(call);
      Optional<Call> perfkitCall = plainCall;
      for (int page = 0; page < PAGES_MAX && plainCall.isPresent(); page++) {
        compared++;
        String expected = text(plain.exchange(plainCall.get()));
        String actual = text(perfkit.exchange(perfkitCall.orElseThrow()));
        if (!NextLinks.without(expected).equals(NextLinks.without(actual))) {
          return Optional.of(difference(perfkitCall.get(), expected, actual));
        }
        plainCall = NextLinks.in(expected).map(Call::get);
        perfkitCall = NextLinks.in(actual).map(Call::get);
      }
    }
    return Optional.empty();
  }

  /**
   * Places each bet through perfkit and compares at once what it changes: the answer with the
   * newest bet that plain finds, the market, the profile and the history.
   */
  Optional<String> compareAfter(List<Call> bets) throws IOException, InterruptedException {
    for (Call bet : bets) {
      String user = id(USER, bet);
      String history = "/users/" + user + "/bets";
      HttpResponse<String> placed = perfkit.exchange(bet);
      String newest = plain.exchange(Call.get(history + "?size=1")).body();
      compared++;
      if (placed.statusCode() != 201 || !newest.contains("[" + placed.body() + "]")) {
        return Optional.of(difference(bet, newest, text(placed)));
      }
      Optional<String> difference =
          compare(
              List.of(
                  Call.get("/markets/" + id(MARKET, bet)),
                  Call.get("/users/" + user),
                  Call.get(history)));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private static String id(Pattern pattern, Call bet) {
    Matcher matcher = pattern.matcher(String.valueOf(bet.body()));
    if (!matcher.find()) {
      throw new IllegalArgumentException("bet: " + bet + " (expected: " + pattern + ")");
    }
    return matcher.group(1);
  }

  private static String text(HttpResponse<String> answer) {
    return answer.statusCode() + " " + answer.body();
  }

  private static String difference(Call call, String expected, String actual) {
    return "%s%n  plain:   %s%n  perfkit: %s".formatted(call, expected, actual);
  }
}
