package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.perfkit.redis.BreakerState;
import io.perfkit.session.Reply.Code;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The store in this process: decides as the Redis scripts do, under one lock. Thread safe. */
final class LocalSessionStore implements SessionStore {

  /** The remembered outcome of a session that ended or moved, with its expiry. */
  private record Memory(Reply reply, long graceEnd, long until) {
    Reply at(long now) {
      return reply.code() == Code.MOVED && now >= graceEnd ? Reply.of(Code.ROTATED) : reply;
    }
  }

  private static final int EVENTS_AT_ONCE = 500;

  private final SessionConfig config;
  private final InstantSource clock;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Map<String, LocalSession> entries = new HashMap<>();

  @GuardedBy("lock")
  private final Map<String, Memory> memories = new LinkedHashMap<>();

  @GuardedBy("lock")
  private final Map<String, Map<String, LocalSession>> users = new HashMap<>();

  /** Sessions that were ended with all others of their user, and when. */
  @GuardedBy("lock")
  private final Map<String, Long> endedAll = new HashMap<>();

  @GuardedBy("lock")
  private final ArrayDeque<SessionEvent> events = new ArrayDeque<>();

  /** The number of the next event. */
  @GuardedBy("lock")
  private long nextEvent;

  LocalSessionStore(SessionConfig config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
  }

  private long now() {
    return clock.millis();
  }

  /** The live session, or null and why there is none by {@link #missing}. */
  @GuardedBy("lock")
  private @Nullable LocalSession live(SessionId id, long now) {
    LocalSession entry = entries.get(id.text());
    return entry != null && entry.live(now) && listed(id.text(), entry) ? entry : null;
  }

  @GuardedBy("lock")
  private boolean listed(String id, LocalSession entry) {
    return entry.user == null || users.getOrDefault(entry.tag.text(), Map.of()).containsKey(id);
  }

  @GuardedBy("lock")
  private Reply missing(SessionId id, long now) {
    LocalSession entry = entries.get(id.text());
    if (entry != null && now < entry.idleEnd + config.keepEnded().toMillis()) {
      if (now >= entry.absoluteEnd) {
        return Reply.of(Code.ABSOLUTE);
      }
      return now >= entry.idleEnd
          ? Reply.of(Code.IDLE)
          : Reply.of(Code.REVOKED, EndReason.EVERYWHERE.code());
    }
    Memory memory = memories.get(id.text());
    return memory == null || now >= memory.until ? Reply.of(Code.NOT_FOUND) : memory.at(now);
  }

  @GuardedBy("lock")
  private void bury(String id, LocalSession entry, Reply why, long graceEnd, long now) {
    entries.remove(id);
    unlist(id, entry);
    long until = Math.max(now, graceEnd) + config.keepEnded().toMillis();
    memories.put(id, new Memory(why, graceEnd, until));
    if (memories.size() > config.maxLocalSessions()) {
      memories.remove(memories.keySet().iterator().next());
    }
  }

  @GuardedBy("lock")
  private void happened(SessionEvent event) {
    if (config.maxEvents() > 0) {
      if (events.size() == config.maxEvents()) {
        events.remove();
      }
      events.add(event);
      nextEvent++;
    }
  }

  @GuardedBy("lock")
  private void ended(String id, LocalSession entry, EndReason why, long now) {
    happened(
        new SessionEvent.Ended(
            id,
            entry.user == null ? "" : entry.user,
            why,
            Instant.ofEpochMilli(entry.created),
            Instant.ofEpochMilli(entry.lastSeen),
            Instant.ofEpochMilli(now)));
  }

  /** Ends a live session and remembers why. */
  @GuardedBy("lock")
  private Lifetime end(String id, LocalSession entry, EndReason why, long now) {
    Reply memory =
        why == EndReason.REPLACED ? Reply.of(Code.ROTATED) : Reply.of(Code.REVOKED, why.code());
    bury(id, entry, memory, 0, now);
    ended(id, entry, why, now);
    return entry.lifetime(now);
  }

  @GuardedBy("lock")
  private void unlist(String id, LocalSession entry) {
    users.computeIfPresent(
        entry.tag.text(),
        (tag, ids) -> {
          ids.remove(id);
          return ids.isEmpty() ? null : ids;
        });
  }

  @GuardedBy("lock")
  private void list(String id, LocalSession entry) {
    if (entry.user != null) {
      users.computeIfAbsent(entry.tag.text(), tag -> new HashMap<>()).put(id, entry);
    }
  }

  @Override
  public Reply get(SessionId id, long touchEveryMillis) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      if (touchEveryMillis >= 0 && now - entry.lastSeen >= touchEveryMillis) {
        entry.prolong(now, entry.idle);
      }
      return Reply.found(now, entry.stored());
    }
  }

  @Override
  public List<Reply> getAll(List<SessionId> ids, long touchEveryMillis) {
    return ids.stream().map(id -> get(id, touchEveryMillis)).toList();
  }

  @Override
  public Reply login(Fresh fresh, @Nullable SessionId old) {
    long now = now();
    synchronized (lock) {
      LocalSession before = old == null ? null : live(old, now);
      if (old != null && before == null && missing(old, now).code() == Code.MOVED) {
        return missing(old, now);
      }
      if (before == null && entries.size() >= config.maxLocalSessions()) {
        return Reply.of(Code.FULL, config.maxLocalSessions());
      }
      List<Lifetime> lifetimes = new ArrayList<>();
      List<Map.Entry<String, LocalSession>> found = new ArrayList<>();
      users
          .getOrDefault(fresh.id().tag().text(), Map.of())
          .forEach(
              (id, entry) -> {
                if (entry.live(now) && (entry != before)) {
                  found.add(Map.entry(id, entry));
                }
              });
      int surplus = fresh.user() == null ? 0 : found.size() - config.maxPerUser() + 1;
      if (surplus > 0) {
        Comparator<Map.Entry<String, LocalSession>> order =
            config.onLimit() == LimitPolicy.EVICT_OLDEST
                ? Comparator.comparingLong(one -> one.getValue().created)
                : Comparator.comparingLong(one -> one.getValue().lastSeen);
        found.sort(order.thenComparing(Map.Entry::getKey));
        if (config.onLimit() == LimitPolicy.REJECT) {
          return new Reply(
              Code.LIMIT,
              0,
              0,
              "",
              null,
              found.stream().limit(100).map(one -> info(one.getKey(), one.getValue())).toList());
        }
        for (Map.Entry<String, LocalSession> one : found.subList(0, surplus)) {
          lifetimes.add(end(one.getKey(), one.getValue(), EndReason.EVICTED, now));
        }
      }
      LocalSession entry =
          new LocalSession(
              fresh,
              now,
              config,
              before == null ? Map.of() : before.attributes,
              before == null ? 0 : before.bytes);
      if (old != null && before != null) {
        lifetimes.add(end(old.text(), before, EndReason.REPLACED, now));
      }
      entries.put(fresh.id().text(), entry);
      list(fresh.id().text(), entry);
      happened(
          new SessionEvent.Created(
              fresh.id().text(),
              entry.user == null ? "" : entry.user,
              entry.client,
              Instant.ofEpochMilli(now)));
      return new Reply(
          Code.DONE,
          now,
          Math.max(0, surplus),
          before == null ? "" : "replaced",
          entry.stored(),
          List.of(),
          lifetimes,
          users.getOrDefault(entry.tag.text(), Map.of()).size());
    }
  }

  @Override
  public Reply save(SessionId id, long expected, Changes changes) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      if (expected >= 0 && expected != entry.version) {
        return Reply.of(Code.CONFLICT, entry.version);
      }
      Map<String, byte[]> attributes = new HashMap<>(entry.attributes);
      long bytes = entry.bytes;
      for (Map.Entry<String, byte[]> set : changes.sets().entrySet()) {
        bytes -= size(set.getKey(), attributes.put(set.getKey(), set.getValue()));
        bytes += size(set.getKey(), set.getValue());
      }
      for (String name : changes.removed()) {
        bytes -= size(name, attributes.remove(name));
      }
      if (bytes > config.maxSessionBytes() && bytes > entry.bytes) {
        return Reply.of(Code.TOO_LARGE, bytes);
      }
      entry.attributes = Map.copyOf(attributes);
      entry.bytes = bytes;
      return Reply.of(Code.DONE, ++entry.version);
    }
  }

  private static long size(String name, byte @Nullable [] value) {
    return value == null ? 0 : name.length() + (long) value.length;
  }

  @Override
  public Reply increment(SessionId id, String name, long by) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      byte[] before = entry.attributes.get(name);
      long added = (long) name.length() + Long.toString(by).length();
      if (before == null && entry.bytes + added > config.maxSessionBytes()) {
        return Reply.of(Code.TOO_LARGE, entry.bytes + added);
      }
      String sum;
      try {
        long start = before == null ? 0 : Long.parseLong(new String(before, US_ASCII));
        sum = Long.toString(Math.addExact(start, by));
      } catch (ArithmeticException | NumberFormatException e) {
        return Reply.of(Code.NO_NUMBER);
      }
      byte[] after = sum.getBytes(US_ASCII);
      Map<String, byte[]> attributes = new HashMap<>(entry.attributes);
      attributes.put(name, after);
      entry.attributes = Map.copyOf(attributes);
      entry.bytes += size(name, after) - size(name, before);
      return new Reply(Code.DONE, 0, ++entry.version, sum, null, List.of());
    }
  }

  @Override
  public Reply extend(SessionId id, long millis) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      entry.prolong(now, millis);
      return Reply.found(now, entry.stored());
    }
  }

  @Override
  public Reply idle(SessionId id, long millis) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      entry.idle = millis;
      entry.idleEnd = Math.min(now + millis, entry.absoluteEnd);
      entry.lastSeen = now;
      return Reply.found(now, entry.stored());
    }
  }

  @Override
  public Reply rotate(SessionId id, SessionId fresh, long graceMillis) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      bury(id.text(), entry, Reply.of(Code.MOVED, fresh.text()), now + graceMillis, now);
      entry.tokenSince = now;
      entries.put(fresh.text(), entry);
      list(fresh.text(), entry);
      happened(new SessionEvent.Renewed(id.text(), fresh.text(), Instant.ofEpochMilli(now)));
      return Reply.of(Code.DONE, now);
    }
  }

  @Override
  public Reply end(SessionId id, EndReason why) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      return Reply.ended(List.of(end(id.text(), entry, why, now)));
    }
  }

  @Override
  public Reply endOthers(SessionId id) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = live(id, now);
      if (entry == null) {
        return missing(id, now);
      }
      List<Lifetime> lifetimes = new ArrayList<>();
      for (Map.Entry<String, LocalSession> other : liveOf(entry.tag, now)) {
        if (other.getValue() != entry) {
          lifetimes.add(end(other.getKey(), other.getValue(), EndReason.OTHERS, now));
        }
      }
      return Reply.ended(lifetimes);
    }
  }

  @GuardedBy("lock")
  private List<Map.Entry<String, LocalSession>> liveOf(UserTag user, long now) {
    return users.getOrDefault(user.text(), Map.of()).entrySet().stream()
        .filter(one -> one.getValue().live(now))
        .map(one -> Map.entry(one.getKey(), one.getValue()))
        .sorted(
            Comparator.<Map.Entry<String, LocalSession>>comparingLong(
                    one -> -one.getValue().lastSeen)
                .thenComparing(Map.Entry::getKey))
        .toList();
  }

  @Override
  public int count(UserTag user) {
    synchronized (lock) {
      return liveOf(user, now()).size();
    }
  }

  @Override
  public List<SessionInfo> list(UserTag user) {
    synchronized (lock) {
      return liveOf(user, now()).stream()
          .limit(1_000)
          .map(one -> info(one.getKey(), one.getValue()))
          .toList();
    }
  }

  private static SessionInfo info(String id, LocalSession entry) {
    return new SessionInfo(
        id,
        Instant.ofEpochMilli(entry.created),
        Instant.ofEpochMilli(entry.lastSeen),
        Instant.ofEpochMilli(entry.idleEnd),
        entry.client);
  }

  @Override
  public int endAll(UserTag user) {
    long now = now();
    synchronized (lock) {
      Map<String, LocalSession> ended = users.remove(user.text());
      if (ended == null) {
        return 0;
      }
      ended.keySet().forEach(id -> endedAll.put(id, now));
      return (int) ended.values().stream().filter(entry -> now < entry.absoluteEnd).count();
    }
  }

  @Override
  public Reply endOne(UserTag user, String id) {
    long now = now();
    synchronized (lock) {
      LocalSession entry = users.getOrDefault(user.text(), Map.of()).get(id);
      if (entry == null || !entry.live(now)) {
        return Reply.ended(List.of());
      }
      return Reply.ended(List.of(end(id, entry, EndReason.CHOSEN, now)));
    }
  }

  @Override
  public Swept sweep() {
    long now = now();
    long idle = 0;
    long absolute = 0;
    long revoked = 0;
    List<Lifetime> lifetimes = new ArrayList<>();
    synchronized (lock) {
      for (Map.Entry<String, Long> one : endedAll.entrySet()) {
        LocalSession entry = entries.get(one.getKey());
        if (entry == null) {
          continue;
        }
        boolean live = one.getValue() < entry.idleEnd;
        lifetimes.add(end(one.getKey(), entry, live ? EndReason.EVERYWHERE : EndReason.IDLE, now));
        revoked += live ? 1 : 0;
        idle += live ? 0 : 1;
      }
      endedAll.clear();
      for (String id : List.copyOf(entries.keySet())) {
        LocalSession entry = entries.get(id);
        if (entry == null || now < entry.idleEnd) {
          continue;
        }
        if (now >= entry.absoluteEnd) {
          absolute++;
        } else {
          idle++;
        }
        entries.remove(id);
        unlist(id, entry);
        ended(id, entry, now >= entry.absoluteEnd ? EndReason.ABSOLUTE : EndReason.IDLE, now);
        lifetimes.add(entry.lifetime(now));
      }
      memories.values().removeIf(memory -> now >= memory.until);
      return new Swept(
          new SweepReport(idle, absolute, revoked, 0), entries.size(), List.copyOf(lifetimes));
    }
  }

  @Override
  public EventPage events(String after) {
    synchronized (lock) {
      long oldest = nextEvent - events.size();
      long from = after.isEmpty() ? nextEvent : position(after);
      List<SessionEvent> page =
          events.stream().skip(Math.max(0, from - oldest)).limit(EVENTS_AT_ONCE).toList();
      long next = Math.max(from, oldest) + page.size();
      return new EventPage(page, Long.toString(next), from < oldest, next < nextEvent);
    }
  }

  private static long position(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "position: '" + text + "' (expected: that of an earlier page)", e);
    }
  }

  @Override
  public SessionHealth health() {
    synchronized (lock) {
      return new SessionHealth(
          BreakerState.CLOSED, SessionHealth.UNKNOWN, entries.size() >= config.maxLocalSessions());
    }
  }

  @Override
  public void examine() {}

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "in process";
  }
}
