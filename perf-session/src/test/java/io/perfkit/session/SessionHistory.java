package io.perfkit.session;

import java.util.HashMap;
import java.util.Map;
import java.util.StringTokenizer;

/**
 * Replays what scripts did to the indexes of users, as MONITOR reports it in the order in which the
 * server ran it and by the server's clock, and says when a user had too many live sessions. One
 * thread at a time.
 */
final class SessionHistory {
  private final int cap;
  private final Map<String, Map<String, Long>> indexes = new HashMap<>();
  private long added;
  private int most;

  SessionHistory(int cap) {
    this.cap = cap;
  }

  /**
   * Takes one line, such as {@code 1700000000.123456 [0 lua] "ZADD" "…:u:tag" "1700001800123"
   * "id"}.
   *
   * @throws AssertionError if it breaks the limit
   */
  void line(String line) {
    if (!line.contains("[0 lua]") || !line.contains(":u:")) {
      return;
    }
    long now = (long) (Double.parseDouble(line.substring(0, line.indexOf(' '))) * 1_000);
    StringTokenizer words = new StringTokenizer(line.substring(line.indexOf('"')), "\" ");
    String command = words.nextToken();
    String index = words.nextToken();
    Map<String, Long> members = indexes.computeIfAbsent(index, key -> new HashMap<>());
    switch (command) {
      case "ZADD" -> {
        String score = words.nextToken();
        boolean there = score.equals("XX");
        long end = Long.parseLong(there ? words.nextToken() : score);
        String id = words.nextToken();
        if (!there) {
          added++;
          members.put(id, end);
        } else {
          members.computeIfPresent(id, (key, before) -> end);
        }
        members.values().removeIf(until -> until <= now);
        most = Math.max(most, members.size());
        if (members.size() > cap) {
          throw new AssertionError(members.size() + " live sessions after: " + line);
        }
      }
      case "ZREM" -> members.remove(words.nextToken());
      case "UNLINK", "RENAME" -> members.clear();
      default -> {}
    }
  }

  /** How many sessions were added to indexes. */
  long added() {
    return added;
  }

  /** How many live sessions a user had at most. */
  int most() {
    return most;
  }
}
