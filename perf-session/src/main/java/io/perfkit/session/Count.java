package io.perfkit.session;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters of a manager: each with its meter, and its one tag besides the prefix. */
enum Count {
  CREATED_ANONYMOUS("perf.session.created", "kind", "anonymous"),
  CREATED_LOGIN("perf.session.created", "kind", "login"),
  FOUND("perf.session.lookups", "result", "active"),
  NOT_FOUND("perf.session.lookups", "result", "not_found"),
  EXPIRED("perf.session.lookups", "result", "expired"),
  REVOKED("perf.session.lookups", "result", "revoked"),
  ROTATED("perf.session.lookups", "result", "rotated"),
  UNAVAILABLE("perf.session.lookups", "result", "unavailable"),
  ENDED_LOGOUT("perf.session.ended", "reason", "logout"),
  ENDED_REPLACED("perf.session.ended", "reason", "replaced"),
  ENDED_EVICTED("perf.session.ended", "reason", "evicted"),
  ENDED_OTHERS("perf.session.ended", "reason", "others"),
  ENDED_CHOSEN("perf.session.ended", "reason", "chosen"),
  ENDED_EVERYWHERE("perf.session.ended", "reason", "everywhere"),
  ENDED_IDLE("perf.session.ended", "reason", "idle"),
  ENDED_ABSOLUTE("perf.session.ended", "reason", "absolute"),
  ENDED_LOST("perf.session.ended", "reason", "lost"),
  ENDED_OTHER_CLIENT("perf.session.ended", "reason", "other_client"),
  LIMIT_REACHED("perf.session.refused", "why", "limit"),
  CONFLICT("perf.session.refused", "why", "conflict"),
  TOO_LARGE("perf.session.refused", "why", "too_large"),
  UNREADABLE("perf.session.attributes", "result", "unreadable"),
  OTHER_CLIENT("perf.session.clients", "result", "other"),
  EVENTS_DELIVERED("perf.session.events", "result", "delivered"),
  EVENTS_FAILED("perf.session.events", "result", "failed"),
  EVENTS_MISSED("perf.session.events", "result", "missed");

  final String meter;
  final String tag;
  final String value;

  Count(String meter, String tag, String value) {
    this.meter = meter;
    this.tag = tag;
    this.value = value;
  }

  /** The counts of one manager. Thread safe. */
  static final class Counts {
    private final Map<Count, LongAdder> adders = new EnumMap<>(Count.class);

    Counts() {
      for (Count count : Count.values()) {
        adders.put(count, new LongAdder());
      }
    }

    void add(Count count, long number) {
      adder(count).add(number);
    }

    long of(Count count) {
      return adder(count).sum();
    }

    @SuppressWarnings("NullAway") // every count has one, from the start
    LongAdder adder(Count count) {
      return adders.get(count);
    }
  }
}
