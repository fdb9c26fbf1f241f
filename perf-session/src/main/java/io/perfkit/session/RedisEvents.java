package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the streams of events, one for each partition. The scripts that change sessions write them,
 * each with its change in one step. Thread safe.
 */
final class RedisEvents {

  /* Invariants
   * E1  an event is written by the script that makes the change, so there is none without it.
   * E2  the script that writes an Ended takes the session away, so there is never a second one.
   * E3  a reader that finds the last event it read has missed none; if not, it says whether it may
   *     have. */
  private static final RedisScript SCRIPT = RedisScript.load(RedisEvents.class, "events.lua");

  private static final int PAGE = 500;
  private static final String START = "0-0";
  private static final Pattern POSITION = Pattern.compile("\\d{1,15}(,\\d{1,20}-\\d{1,20})+");

  private final RedisGuard guard;
  private final List<byte[]> streams;
  private final int maxEvents;
  private final long keptMillis;

  RedisEvents(RedisGuard guard, List<byte[]> streams, int maxEvents, Duration kept) {
    this.guard = guard;
    this.streams = streams;
    this.maxEvents = maxEvents;
    this.keptMillis = kept.toMillis();
  }

  /**
   * Where a reader stands.
   *
   * @param millis the time of its last read by the server's clock
   * @param last the last event that it read of each partition; empty texts before its first read
   */
  private record Position(long millis, List<String> last) {
    @Override
    public String toString() {
      return millis + "," + String.join(",", last);
    }
  }

  private Position parse(String text) {
    if (text.isEmpty()) {
      return new Position(0, Collections.nCopies(streams.size(), ""));
    }
    List<String> parts = List.of(text.split(",", -1));
    if (!POSITION.matcher(text).matches() || parts.size() != streams.size() + 1) {
      throw new IllegalArgumentException(
          "position: '"
              + text
              + "' (expected: that of an earlier page, of "
              + streams.size()
              + " partitions)");
    }
    return new Position(Long.parseLong(parts.get(0)), parts.subList(1, parts.size()));
  }

  /** The events after a position; of an empty one none, and the position now. */
  EventPage after(String text) {
    Position position = parse(text);
    List<RedisScript.Call> calls = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      byte[] after = position.last().get(i).getBytes(US_ASCII);
      byte[] page = Integer.toString(PAGE).getBytes(US_ASCII);
      calls.add(new RedisScript.Call(List.of(streams.get(i)), List.of(after, page)));
    }
    List<SessionEvent> events = new ArrayList<>();
    List<String> next = new ArrayList<>();
    long readAt = Long.MAX_VALUE;
    boolean missed = false;
    boolean more = false;
    List<RedisScript.Reply> replies = SCRIPT.runAll(guard, calls);
    for (int i = 0; i < streams.size(); i++) {
      RedisScript.Reply reply = replies.get(i);
      RedisScript.Call call = calls.get(i);
      Object answer = // asked alone, an error is thrown as those of other calls are
          reply.error() == null ? reply.value() : SCRIPT.run(guard, call.keys(), call.args());
      List<?> parts = (List<?>) requireNonNull(answer, "answer");
      long now = (Long) parts.get(0);
      readAt = Math.min(readAt, now);
      String newest = text(parts.get(1));
      boolean there = (Long) parts.get(3) == 1;
      List<?> read = (List<?>) parts.get(4);
      String at = position.last().get(i);
      if (at.isEmpty()) {
        next.add(newest.isEmpty() ? START : newest);
        continue;
      }
      boolean behind = !newest.isEmpty() && read.isEmpty() && !there; // a primary that knows less
      boolean expired = now - position.millis() >= keptMillis;
      missed |= !there && (expired || behind || (Long) parts.get(2) >= maxEvents);
      more |= read.size() >= PAGE || behind;
      for (Object entry : read) {
        List<?> cells = (List<?>) entry;
        SessionEvent event = event((List<?>) cells.get(1));
        if (event != null) {
          events.add(event);
        }
        at = text(cells.get(0));
      }
      next.add(behind ? START : at);
    }
    return new EventPage(events, new Position(readAt, next).toString(), missed, more);
  }

  /** An event, or null for one of a kind that a later version writes. */
  private static @Nullable SessionEvent event(List<?> cells) {
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i + 1 < cells.size(); i += 2) {
      fields.put(text(cells.get(i)), text(cells.get(i + 1)));
    }
    String id = fields.getOrDefault("i", "");
    Instant at = instant(fields.get("t"), Instant.EPOCH);
    return switch (fields.getOrDefault("k", "")) {
      case "c" ->
          new SessionEvent.Created(
              id, fields.getOrDefault("u", ""), fields.getOrDefault("w", ""), at);
      case "r" -> new SessionEvent.Renewed(id, fields.getOrDefault("n", ""), at);
      case "e" ->
          new SessionEvent.Ended(
              id,
              fields.getOrDefault("u", ""),
              EndReason.of(fields.getOrDefault("y", "")),
              instant(fields.get("c"), at),
              instant(fields.get("l"), at),
              at);
      default -> null;
    };
  }

  private static Instant instant(@Nullable String millis, Instant otherwise) {
    return millis == null || millis.isEmpty()
        ? otherwise
        : Instant.ofEpochMilli(Long.parseLong(millis));
  }

  private static String text(@Nullable Object bytes) {
    return new String((byte[]) requireNonNull(bytes, "text"), UTF_8);
  }
}
