package io.perfkit.session;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Replays events in the order of their stream, and says when a session ends twice, or one ends or
 * is renewed that is not live. One thread at a time.
 */
final class EventHistory {
  private final Set<String> live = new HashSet<>();
  private final Map<String, EndReason> ended = new HashMap<>();
  private long created;

  /**
   * Takes the next event.
   *
   * @throws AssertionError if it can't follow those before it
   */
  void happened(SessionEvent event) {
    if (event instanceof SessionEvent.Created) {
      created++;
      require(live.add(event.id()) && !ended.containsKey(event.id()), "created twice", event);
    } else if (event instanceof SessionEvent.Renewed renewed) {
      require(live.remove(event.id()), "renewed, though not live", event);
      require(live.add(renewed.newId()), "renewed to one that is live", event);
    } else if (event instanceof SessionEvent.Ended end) {
      require(live.remove(event.id()), "ended, though not live", event);
      ended.put(event.id(), end.reason());
    }
  }

  private static void require(boolean right, String what, SessionEvent event) {
    if (!right) {
      throw new AssertionError(what + ": " + event);
    }
  }

  /** How many sessions were created. */
  long created() {
    return created;
  }

  /** The sessions that have not ended. */
  Set<String> live() {
    return live;
  }

  /** Why the others ended. */
  Map<String, EndReason> ended() {
    return ended;
  }
}
