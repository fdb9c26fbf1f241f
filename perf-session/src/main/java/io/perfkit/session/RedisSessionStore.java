package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import io.perfkit.session.Reply.Code;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The store in Redis: each operation is one script on one slot. Thread safe.
 *
 * <pre>
 * session  prefix:{prefix.sessions}:v1:s:id      hash, or what is remembered of one that ended or moved
 * index    prefix:{prefix.sessions}:v1:u:tag     sorted set: ids of a user's sessions by their absolute end
 * queue    prefix:{prefix.sessions}:v1:ends      sorted set: ids of all sessions by an end, not before it was due
 * events   prefix:{prefix.sessions}:v1:events    stream: what happened to sessions, if the settings ask for it
 * </pre>
 */
final class RedisSessionStore implements SessionStore {

  /* Invariants
   * S1  a user's session lives only as a member of the user's index; one outside it is revoked. So
   *     an index that is lost, or renamed to end all sessions, ends them and revives none.
   * S2  members are added under fresh ids only, so an ended session never comes back.
   * S3  one script checks the limit, makes room and adds the member.
   * S4  an id leaves the queue once: the call that removes it counts the end.
   * S5  every key has a TTL that outlives its use; none needs a notification. */
  private static final RedisScript SESSION =
      RedisScript.load(RedisSessionStore.class, "session.lua");
  private static final RedisScript LOGIN = RedisScript.load(RedisSessionStore.class, "login.lua");
  private static final RedisScript USER = RedisScript.load(RedisSessionStore.class, "user.lua");
  private static final RedisScript POLICY = RedisScript.load(RedisSessionStore.class, "policy.lua");
  private static final RedisScript SWEEP = RedisScript.load(RedisSessionStore.class, "sweep.lua");

  private static final Code[] CODES = Code.values();
  private static final int SWEPT_AT_ONCE = 100;
  private static final int SWEEPS_MAX = 1_000;
  private static final int LISTED_MAX = 1_000;
  private static final int NAMED_MAX = 100;
  private static final byte[] NONE = {};

  private final RedisGuard guard;
  private final SessionConfig config;
  private final Supplier<byte[]> serverClock;
  private final List<byte[]> sessions = new ArrayList<>();
  private final List<byte[]> indexes = new ArrayList<>();
  private final List<byte[]> queues = new ArrayList<>();
  private final List<byte[]> streams = new ArrayList<>();
  private final byte[] keepEnded;
  private final byte[] maxEvents;
  private final SessionRequests requests;
  private final RedisEvents events;
  private final SecureRandom random = new SecureRandom();
  private volatile String evictionPolicy = SessionHealth.UNKNOWN;

  /**
   * @param serverClock empty, or in tests the server's time
   */
  RedisSessionStore(
      RedisGuard guard, String prefix, SessionConfig config, Supplier<byte[]> serverClock) {
    this.guard = guard;
    this.config = config;
    this.serverClock = serverClock;
    this.keepEnded = number(config.keepEnded().toMillis());
    this.maxEvents = number(config.maxEvents());
    KeySpace keys = keySpace(prefix, config.partitions());
    for (int partition = 0; partition < config.partitions(); partition++) {
      sessions.add(append(keys.partitionKey("s", partition), ":"));
      indexes.add(append(keys.partitionKey("u", partition), ":"));
      queues.add(keys.partitionKey("ends", partition));
      streams.add(keys.partitionKey("events", partition));
    }
    this.events = new RedisEvents(guard, streams, config.maxEvents(), config.keepEnded());
    this.requests = new SessionRequests(guard, config.partitions(), serverClock, keepEnded);
  }

  /**
   * The hash tag includes the prefix, so that each application has its own slots.
   *
   * @throws IllegalArgumentException for an invalid prefix
   */
  static KeySpace keySpace(String prefix, int partitions) {
    return KeySpace.of(prefix, prefix + ".sessions").withPartitions(partitions);
  }

  private int partition(UserTag tag) {
    return tag.partition(config.partitions());
  }

  private byte[] session(SessionId id) {
    return append(sessions.get(partition(id.tag())), id.text());
  }

  private byte[] index(UserTag tag) {
    return append(indexes.get(partition(tag)), tag.text());
  }

  private byte[] queue(UserTag tag) {
    return queues.get(partition(tag));
  }

  private byte[] stream(UserTag tag) {
    return streams.get(partition(tag));
  }

  private List<byte[]> keys(SessionId id) {
    return List.of(session(id), index(id.tag()), queue(id.tag()), stream(id.tag()));
  }

  private Reply run(SessionId id, String operation, byte[]... args) {
    return run(id, keys(id), operation, args);
  }

  private Reply run(SessionId id, List<byte[]> keys, String operation, byte[]... args) {
    return reply(operation, SESSION.run(guard, keys, arguments(id, operation, args)));
  }

  private List<byte[]> arguments(SessionId id, String operation, byte[]... args) {
    List<byte[]> all = new ArrayList<>(5 + args.length);
    all.add(serverClock.get());
    all.add(ascii(operation));
    all.add(ascii(id.text()));
    all.add(keepEnded);
    all.add(maxEvents);
    all.addAll(Arrays.asList(args));
    return all;
  }

  private static Reply reply(String operation, @Nullable Object answer) {
    List<?> reply = (List<?>) requireNonNull(answer, "answer");
    Code code = CODES[Math.toIntExact(number(reply, 0))];
    return switch (code) {
      case REVOKED, MOVED, FAILED -> Reply.of(code, text(reply, 1));
      case CONFLICT, TOO_LARGE -> Reply.of(code, number(reply, 1));
      case DONE -> done(operation, reply);
      default -> Reply.of(code);
    };
  }

  private static Reply done(String operation, List<?> reply) {
    long number = number(reply, 1);
    return switch (operation) {
      case "e", "t" ->
          Reply.found(
              number,
              new Stored(
                  null,
                  "",
                  "",
                  0,
                  number(reply, 2),
                  number(reply, 4),
                  number(reply, 3),
                  0,
                  0,
                  0,
                  Map.of()));
      case "d", "o" -> Reply.ended(Lifetime.list((List<?>) reply.get(2)));
      case "i" -> new Reply(Code.DONE, 0, number, text(reply, 2), null, List.of());
      default -> Reply.of(Code.DONE, number);
    };
  }

  /** Without the {@code a:} before the name. */
  private static String attribute(byte[] field) {
    return new String(field, 2, field.length - 2, US_ASCII);
  }

  @Override
  public Reply get(SessionId id, long touchEveryMillis) {
    return requests.one(partition(id.tag()), look(id, touchEveryMillis));
  }

  private SessionRequest look(SessionId id, long touchEveryMillis) {
    return SessionRequest.look(session(id), index(id.tag()), touchEveryMillis);
  }

  @Override
  public List<Reply> getAll(List<SessionId> ids, long touchEveryMillis) {
    return requests.each(ids.stream().map(id -> look(id, touchEveryMillis)).toList());
  }

  @Override
  public Reply login(Fresh fresh, @Nullable SessionId old) {
    if (old == null || partition(old.tag()) == partition(fresh.id().tag())) {
      return login(fresh, old, Map.of());
    }
    Reply before = get(old, -1);
    if (before.code() == Code.MOVED) {
      return before;
    }
    if (before.code() != Code.DONE) {
      return login(fresh, null, Map.of());
    }
    Reply made = login(fresh, null, requireNonNull(before.stored()).attributes());
    if (made.code() != Code.DONE) {
      return made;
    }
    Reply replaced = end(old, EndReason.REPLACED);
    List<Lifetime> ended = new ArrayList<>(made.ended());
    ended.addAll(replaced.ended());
    return new Reply(
        Code.DONE,
        made.now(),
        made.number(),
        replaced.code() == Code.DONE ? "replaced" : "",
        made.stored(),
        List.of(),
        ended,
        made.ofUser());
  }

  private Reply login(Fresh fresh, @Nullable SessionId old, Map<String, byte[]> attributes) {
    SessionId id = fresh.id();
    List<byte[]> keys = new ArrayList<>(keys(id));
    if (old != null) {
      keys.add(session(old));
      keys.add(index(old.tag()));
    }
    String user = fresh.user();
    List<byte[]> args = new ArrayList<>(14 + 2 * attributes.size());
    args.add(serverClock.get());
    args.add(ascii(id.text()));
    args.add(user == null ? NONE : user.getBytes(UTF_8));
    args.add(ascii(id.tag().text()));
    args.add(number(config.idle().toMillis()));
    args.add(number(config.absolute().toMillis()));
    args.add(keepEnded);
    args.add(number(config.maxPerUser()));
    args.add(
        ascii(
            switch (config.onLimit()) {
              case REJECT -> "R";
              case EVICT_OLDEST -> "O";
              case EVICT_IDLE -> "I";
            }));
    args.add(fresh.client().getBytes(UTF_8));
    args.add(old == null ? NONE : ascii(old.text()));
    args.add(number(NAMED_MAX));
    args.add(maxEvents);
    args.add(ascii(fresh.binding()));
    attributes.forEach(
        (name, value) -> {
          args.add(ascii("a:" + name));
          args.add(value);
        });
    List<?> reply = (List<?>) requireNonNull(LOGIN.run(guard, keys, args), "reply");
    Code code = CODES[Math.toIntExact(number(reply, 0))];
    if (code == Code.MOVED) {
      return Reply.of(Code.MOVED, text(reply, 1));
    }
    if (code == Code.LIMIT) {
      return new Reply(Code.LIMIT, 0, 0, "", null, infos(reply.subList(1, reply.size())));
    }
    Map<String, byte[]> taken = new HashMap<>(attributes);
    List<?> fields = (List<?>) reply.get(3);
    for (int i = 0; i < fields.size(); i += 2) {
      taken.put(attribute((byte[]) fields.get(i)), (byte[]) fields.get(i + 1));
    }
    long now = number(reply, 1);
    Stored stored =
        new Stored(
            user,
            fresh.client(),
            fresh.binding(),
            now,
            now,
            config.idle().toMillis(),
            now + Math.min(config.idle().toMillis(), config.absolute().toMillis()),
            now + config.absolute().toMillis(),
            now,
            1,
            Map.copyOf(taken));
    String replaced = number(reply, 4) == 1 ? "replaced" : "";
    return new Reply(
        Code.DONE,
        now,
        number(reply, 2),
        replaced,
        stored,
        List.of(),
        Lifetime.list((List<?>) reply.get(6)),
        number(reply, 5));
  }

  @Override
  public Reply save(SessionId id, long expected, Changes changes) {
    return requests.one(
        partition(id.tag()),
        SessionRequest.save(
            session(id), index(id.tag()), expected, config.maxSessionBytes(), changes));
  }

  @Override
  public Reply increment(SessionId id, String name, long by) {
    return run(id, "i", number(config.maxSessionBytes()), ascii(name), number(by));
  }

  @Override
  public Reply extend(SessionId id, long millis) {
    return run(id, "e", number(millis));
  }

  @Override
  public Reply idle(SessionId id, long millis) {
    return run(id, "t", number(millis));
  }

  @Override
  public Reply rotate(SessionId id, SessionId fresh, long graceMillis) {
    List<byte[]> keys = new ArrayList<>(keys(id));
    keys.add(session(fresh));
    return run(id, keys, "r", ascii(fresh.text()), number(graceMillis));
  }

  @Override
  public Reply end(SessionId id, EndReason why) {
    return run(id, "d", ascii(why.code()));
  }

  @Override
  public Reply endOthers(SessionId id) {
    return run(id, "o");
  }

  private Object user(UserTag tag, String operation, byte[] arg, byte[]... keys) {
    List<byte[]> all = new ArrayList<>(List.of(index(tag), queue(tag), stream(tag)));
    all.addAll(Arrays.asList(keys));
    List<byte[]> args =
        List.of(
            serverClock.get(),
            ascii(operation),
            sessions.get(partition(tag)),
            keepEnded,
            maxEvents,
            arg);
    return requireNonNull(USER.run(guard, all, args), "reply");
  }

  @Override
  public int count(UserTag user) {
    return Math.toIntExact((Long) user(user, "n", NONE));
  }

  @Override
  public List<SessionInfo> list(UserTag user) {
    return infos((List<?>) user(user, "l", number(LISTED_MAX)));
  }

  @Override
  public int endAll(UserTag user) {
    String renamed = user.text() + "." + UserTag.random(random).text();
    byte[] key = append(indexes.get(partition(user)), renamed);
    return Math.toIntExact((Long) user(user, "a", ascii(renamed), key));
  }

  @Override
  public Reply endOne(UserTag user, String id) {
    return Reply.ended(Lifetime.list((List<?>) user(user, "d", id.getBytes(UTF_8))));
  }

  private static List<SessionInfo> infos(List<?> rows) {
    List<SessionInfo> infos = new ArrayList<>(rows.size());
    for (Object row : rows) {
      List<?> cells = (List<?>) row;
      infos.add(
          new SessionInfo(
              text(cells, 0),
              Instant.ofEpochMilli(number(cells, 1)),
              Instant.ofEpochMilli(number(cells, 2)),
              Instant.ofEpochMilli(number(cells, 3)),
              text(cells, 4)));
    }
    return infos;
  }

  @Override
  public Swept sweep() {
    SweepReport all = new SweepReport(0, 0, 0, 0);
    long live = 0;
    List<Lifetime> ended = new ArrayList<>();
    for (int partition = 0; partition < config.partitions(); partition++) {
      long seen = SWEPT_AT_ONCE;
      long left = 0;
      for (int i = 0; i < SWEEPS_MAX && seen >= SWEPT_AT_ONCE; i++) {
        List<byte[]> args =
            List.of(
                serverClock.get(),
                sessions.get(partition),
                indexes.get(partition),
                number(SWEPT_AT_ONCE),
                keepEnded,
                maxEvents);
        List<byte[]> keys = List.of(queues.get(partition), streams.get(partition));
        List<?> reply = (List<?>) requireNonNull(SWEEP.run(guard, keys, args), "reply");
        seen = number(reply, 0);
        all =
            all.plus(
                new SweepReport(
                    number(reply, 1), number(reply, 2), number(reply, 3), number(reply, 4)));
        left = number(reply, 5);
        ended.addAll(Lifetime.list((List<?>) requireNonNull(reply.get(6), "lifetimes")));
      }
      live += left;
    }
    return new Swept(all, live, ended);
  }

  @Override
  public EventPage events(String after) {
    return events.after(after);
  }

  @Override
  public SessionHealth health() {
    return new SessionHealth(guard.breaker(), evictionPolicy, false);
  }

  @Override
  public void examine() {
    byte[] policy = (byte[]) POLICY.run(guard, List.of(queues.get(0)), List.of());
    evictionPolicy =
        policy == null || policy.length == 0 ? SessionHealth.UNKNOWN : new String(policy, UTF_8);
  }

  @Override
  public void close() {
    guard.close();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  private static byte[] number(long number) {
    return ascii(Long.toString(number));
  }

  private static long number(List<?> reply, int at) {
    return (Long) requireNonNull(reply.get(at), "number");
  }

  private static String text(List<?> reply, int at) {
    return new String((byte[]) requireNonNull(reply.get(at), "text"), UTF_8);
  }

  private static byte[] append(byte[] head, String tail) {
    byte[] bytes = ascii(tail);
    byte[] key = Arrays.copyOf(head, head.length + bytes.length);
    System.arraycopy(bytes, 0, key, head.length, bytes.length);
    return key;
  }

  @Override
  public String toString() {
    return guard.toString();
  }
}
