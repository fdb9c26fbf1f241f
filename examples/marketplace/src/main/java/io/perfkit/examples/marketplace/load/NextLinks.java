package io.perfkit.examples.marketplace.load;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where each history goes on, as its last answer said: readers follow links and know nothing of
 * what is in them. At most one for each history. Thread safe.
 */
final class NextLinks {
  private static final Pattern HISTORY = Pattern.compile("(/users/\\d+/bets)\\b.*");
  private static final Pattern NEXT = Pattern.compile("(?<=\"next\":\")[^\"]+");

  private final Map<String, String> byHistory = new ConcurrentHashMap<>();

  /** The link to the next page in an answer, if it has one. */
  static Optional<String> in(String body) {
    Matcher next = NEXT.matcher(body);
    return next.find() ? Optional.of(next.group()) : Optional.empty();
  }

  /** An answer that only tells whether there is a next page. */
  static String without(String body) {
    return NEXT.matcher(body).replaceFirst("…");
  }

  /** Whether answers to the call are worth reading. */
  boolean mayFollow(Call call) {
    return HISTORY.matcher(call.path()).matches();
  }

  /** The next page of a history, or its first one if none is known. */
  String after(String history) {
    return byHistory.getOrDefault(history, history);
  }

  /** Remembers how the history of the call goes on, or that it does not. */
  void answered(Call call, String body) {
    Matcher history = HISTORY.matcher(call.path());
    if (history.matches()) {
      byHistory.compute(history.group(1), (key, before) -> in(body).orElse(null));
    }
  }
}
