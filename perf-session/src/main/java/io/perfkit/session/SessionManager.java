package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.session.Reply.Code;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.Conflict;
import io.perfkit.session.SessionOutcome.Expired;
import io.perfkit.session.SessionOutcome.LimitReached;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Rotated;
import io.perfkit.session.SessionOutcome.TooLarge;
import io.perfkit.session.SessionOutcome.Unavailable;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * Manages the login sessions of an application's users: in Redis, shared by all nodes ({@link
 * #create}), or in this process ({@link #local}); both decide alike. Thread safe.
 *
 * <p>A call about a session is one round trip (unless its documentation says more) and one script,
 * which decides by the server's clock. The server never sees a token, only its HMAC digest under a
 * secret of the host. Calls that look up or change a session return a {@link SessionOutcome}. Calls
 * that end or list sessions throw {@link io.perfkit.redis.RedisUnavailable} if Redis does not
 * answer, so that a host never mistakes a failed logout for a completed one.
 *
 * <p>There is no disabled form: without sessions no user is logged in. Development uses {@link
 * #local}.
 */
public final class SessionManager implements AutoCloseable {
  private static final int TOKENS_MAX = 4;
  private static final int CHANGES_MAX = 0xFFFF;
  private static final byte[] NO_CLOCK = {};

  private final String prefix;
  private final String name;
  private final SessionConfig config;
  private final Peppers peppers;
  private final SessionStore store;
  private final SecureRandom random = new SecureRandom();
  private final Count.Counts counts = new Count.Counts();
  private final @Nullable SessionMeters meters;
  private final @Nullable Ticker sweeper;
  private final @Nullable Ticker reader;
  private final AtomicLong live = new AtomicLong();
  private final LongAccumulator peak = new LongAccumulator(Math::max, 0);
  private final LongSupplier nanos = System::nanoTime;
  private final StoreCalls calls;

  private SessionManager(Builder builder) {
    this.prefix = builder.prefix;
    this.name = builder.name;
    this.config = builder.config;
    this.peppers = builder.peppers;
    RedisSessionStore.keySpace(prefix, config.partitions()); // says what a prefix may be
    if (builder.listener != null && config.maxEvents() == 0) {
      throw new IllegalArgumentException("maxEvents: 0 (expected: above 0 for a listener)");
    }
    MeterRegistry registry = builder.registry;
    if (registry != null) {
      SessionMeters.requireFree(registry, name);
    }
    UnifiedJedis redis = builder.redis;
    this.store =
        redis == null
            ? new LocalSessionStore(config, builder.clock)
            : new RedisSessionStore(
                builder.guard(redis).heldBy("sessions '" + builder.name + "'", 0).build(),
                prefix,
                config,
                builder.serverClock);
    this.meters =
        registry == null ? null : new SessionMeters(registry, builder.name, counts, live, peak);
    this.calls = new StoreCalls(counts, meters, nanos);
    SessionListener listener = builder.listener;
    EventReader events = listener == null ? null : new EventReader(store, listener, counts, nanos);
    this.reader =
        events == null ? null : new Ticker(prefix + "-events", EventReader.PAUSE, events::read);
    this.sweeper =
        config.sweepEvery().isZero()
            ? null
            : new Ticker(
                prefix + "-sweeper",
                config.sweepEvery(),
                () -> {
                  sweep();
                  store.examine();
                });
  }

  /**
   * A manager of sessions in Redis, with default settings.
   *
   * @param redis a RedisClient, RedisSentinelClient or RedisClusterClient; stays the host's to
   *     close
   * @param prefix tells applications on one Redis apart; nodes of one application share it; at most
   *     91 letters, digits and {@code . _ - :}
   * @param peppers the host's secrets, the same on all nodes
   */
  public static SessionManager create(UnifiedJedis redis, String prefix, Peppers peppers) {
    return builder(redis, prefix, peppers).build();
  }

  /** A builder of a manager of sessions in Redis; the arguments as for {@link #create}. */
  public static Builder builder(UnifiedJedis redis, String prefix, Peppers peppers) {
    return new Builder(
        requireNonNull(redis, "redis"),
        requireNonNull(prefix, "prefix"),
        requireNonNull(peppers, "peppers"));
  }

  /** A manager of sessions in this process, with default settings; they end with it. */
  public static SessionManager local(String name) {
    return localBuilder(name).build();
  }

  /** A builder of a manager of sessions in this process. */
  public static Builder localBuilder(String name) {
    return new Builder(null, requireNonNull(name, "name"), Peppers.random());
  }

  /**
   * Creates an anonymous session, for a request that has something to store and no user yet. Never
   * create one just because a request has none: a flood of requests would fill Redis.
   *
   * @return {@link Active} or {@link Unavailable}
   */
  public SessionOutcome create() {
    SessionId.Minted minted = SessionId.mint(UserTag.random(random), peppers, random);
    return made(minted, new SessionStore.Fresh(minted.id(), null, "", ""), null);
  }

  /**
   * Creates the session of a newly authenticated user, in one step: a new token, the attributes and
   * unsaved changes of the session that it comes {@linkplain Login#from from}, whose token ends,
   * and room under {@link SessionConfig#maxPerUser}. Also for re-authentication, or for a user that
   * acts as another one.
   *
   * @return {@link Active}, {@link LimitReached} or {@link Unavailable}
   */
  public SessionOutcome login(Login login) {
    UserTag tag = UserTag.of(prefix, requireNonNull(login, "login").user());
    SessionId.Minted minted = SessionId.mint(tag, peppers, random);
    return made(
        minted,
        new SessionStore.Fresh(minted.id(), login.user(), login.client(), login.binding()),
        login.current());
  }

  private SessionOutcome made(
      SessionId.Minted minted, SessionStore.Fresh fresh, @Nullable Session current) {
    return calls.answer(
        () ->
            current == null
                ? store.login(fresh, null)
                : StoreCalls.onCurrent(current, old -> store.login(fresh, old)),
        reply -> {
          Session session =
              new Session(
                  minted.token(),
                  minted.id(),
                  requireNonNull(reply.stored(), "stored"),
                  config,
                  counts);
          if (current != null) {
            session.takeChanges(current);
          }
          counts.add(fresh.user() == null ? Count.CREATED_ANONYMOUS : Count.CREATED_LOGIN, 1);
          counts.add(Count.ENDED_EVICTED, reply.number());
          counts.add(Count.ENDED_REPLACED, reply.text().isEmpty() ? 0 : 1);
          lived(reply.ended());
          peak.accumulate(reply.ofUser());
          return new Active(session, false, false);
        });
  }

  /**
   * Looks up the session of a token, which counts as use.
   *
   * @param token as the client sent it, whatever it is
   * @return {@link Active}, {@link Expired}, {@link Revoked}, {@link Rotated}, {@link NotFound} or
   *     {@link Unavailable}
   */
  public SessionOutcome get(String token) {
    return get(token, Touch.YES);
  }

  /** As {@link #get(String)}; {@code touch} says whether the lookup counts as use. */
  public SessionOutcome get(String token, Touch touch) {
    return get(List.of(requireNonNull(token, "token")), touch);
  }

  /**
   * As {@link #get(String)}, for the several tokens of a request, since a browser sends cookies
   * with one name and several scopes together: the first that finds a live session wins. One round
   * trip.
   *
   * @param tokens only the first four are looked up
   * @return {@link Active}; else {@link Unavailable} if that is the outcome of any; else the first
   *     outcome that is not {@link NotFound}
   */
  public SessionOutcome get(List<String> tokens) {
    return get(tokens, Touch.YES);
  }

  private record Wanted(SessionToken token, SessionId id) {}

  /** As {@link #get(List)}; {@code touch} says whether the lookup counts as use. */
  public SessionOutcome get(List<String> tokens, Touch touch) {
    SessionOutcome outcome = find(tokens, touch);
    counts.add(StoreCalls.looked(outcome), 1);
    return outcome;
  }

  /**
   * As {@link #get(List, Touch)}, from a client that should be that of the session's login: if it
   * is another one, {@link SessionConfig#binding} decides. A session that was not bound at its
   * login belongs to any client. A second round trip ends the session of another client.
   *
   * @return {@link Active}, marked if the client is another one; or {@link Revoked} with {@link
   *     EndReason#OTHER_CLIENT}; or as {@link #get(List)}
   */
  public SessionOutcome get(List<String> tokens, Touch touch, Binding client) {
    requireNonNull(client, "client");
    SessionOutcome outcome = find(tokens, touch);
    if (outcome instanceof Active active) {
      outcome = bound(active, client);
    }
    counts.add(StoreCalls.looked(outcome), 1);
    return outcome;
  }

  private SessionOutcome bound(Active active, Binding client) {
    Session session = active.value();
    if (config.binding() == BindingPolicy.OFF || session.belongsTo(client)) {
      return active;
    }
    counts.add(Count.OTHER_CLIENT, 1);
    if (config.binding() == BindingPolicy.ALERT) {
      return new Active(session, active.renewalDue(), true);
    }
    try {
      Reply reply = StoreCalls.onCurrent(session, id -> store.end(id, EndReason.OTHER_CLIENT));
      ended(reply, Count.ENDED_OTHER_CLIENT);
      return new Revoked(EndReason.OTHER_CLIENT);
    } catch (RedisException e) {
      return new Unavailable(e);
    }
  }

  private SessionOutcome find(List<String> tokens, Touch touch) {
    long every = requireNonNull(touch, "touch") == Touch.YES ? config.touchEvery().toMillis() : -1;
    List<Wanted> wanted = new ArrayList<>(1);
    for (String token : tokens.subList(0, Math.min(tokens.size(), TOKENS_MAX))) {
      SessionToken.parse(token)
          .flatMap(parsed -> SessionId.of(parsed, peppers).map(id -> new Wanted(parsed, id)))
          .ifPresent(wanted::add);
    }
    return wanted.isEmpty() ? new NotFound() : get(wanted, every);
  }

  private SessionOutcome get(List<Wanted> wanted, long every) {
    if (wanted.size() == 1) {
      Wanted one = wanted.get(0);
      return found(one, () -> store.get(one.id(), every), every);
    }
    List<Reply> replies;
    try {
      replies = store.getAll(wanted.stream().map(Wanted::id).toList(), every);
    } catch (RedisException e) {
      return new Unavailable(e);
    }
    SessionOutcome best = new NotFound();
    for (int i = 0; i < wanted.size(); i++) {
      Reply reply = replies.get(i);
      SessionOutcome outcome = found(wanted.get(i), () -> reply, every);
      if (outcome instanceof Active) {
        return outcome;
      }
      if (best instanceof NotFound
          || (outcome instanceof Unavailable && !(best instanceof Unavailable))) {
        best = outcome;
      }
    }
    return best;
  }

  private SessionOutcome found(Wanted wanted, Supplier<Reply> first, long every) {
    SessionId[] current = {wanted.id()};
    return calls.answer(
        () -> {
          Reply reply = first.get();
          for (int moves = 0; reply.code() == Code.MOVED && moves < StoreCalls.MOVES_MAX; moves++) {
            current[0] = wanted.id().renamed(reply.text());
            reply = store.get(current[0], every);
          }
          return reply;
        },
        reply -> {
          Stored stored = requireNonNull(reply.stored(), "stored");
          boolean due =
              current[0].equals(wanted.id())
                  && !config.renewal().isZero()
                  && reply.now() - stored.tokenSince() >= config.renewal().toMillis();
          return new Active(
              new Session(wanted.token(), current[0], stored, config, counts), due, false);
        });
  }

  /**
   * Saves only the changed attributes of {@code session}, so that concurrent requests that change
   * different attributes do not lose updates. No round trip without changes.
   *
   * @return {@link Active}, {@link TooLarge}, or as {@link #get(String)}; unless it is active, the
   *     changes stay unsaved in {@code session}
   * @throws IllegalArgumentException if more than 65,535 attributes were set, or removed, since the
   *     last save; nothing was saved
   */
  public SessionOutcome save(Session session) {
    return save(session, -1);
  }

  /**
   * Optimistic locking: as {@link #save}, but only if no other request has changed the session
   * since it was read or saved here.
   *
   * @return {@link Conflict} also
   */
  public SessionOutcome saveIfUnchanged(Session session) {
    return save(session, requireNonNull(session, "session").version());
  }

  private SessionOutcome save(Session session, long expected) {
    if (!requireNonNull(session, "session").changed()) {
      return new Active(session, false, false);
    }
    int set = session.changes().sets().size();
    int removed = session.changes().removed().size();
    if (set > CHANGES_MAX || removed > CHANGES_MAX) {
      throw new IllegalArgumentException(
          "session: "
              + set
              + " attributes set and "
              + removed
              + " removed (expected: at most "
              + CHANGES_MAX
              + " of each in one save)");
    }
    return calls.answer(
        () -> StoreCalls.onCurrent(session, id -> store.save(id, expected, session.changes())),
        reply -> {
          session.saved(reply.number());
          return new Active(session, false, false);
        });
  }

  /**
   * Adds to a number in the session atomically; a missing number counts as 0. Afterwards {@code
   * session} holds the sum.
   *
   * @return {@link Active}, {@link TooLarge}, or as {@link #get(String)}
   * @throws IllegalArgumentException if the stored value is not a number, or the sum is out of
   *     range
   */
  public SessionOutcome increment(Session session, SessionAttribute<Long> number, long by) {
    requireNonNull(number, "number");
    return calls.answer(
        () -> StoreCalls.onCurrent(session, id -> store.increment(id, number.name(), by)),
        reply -> {
          session.counted(number.name(), reply.text().getBytes(US_ASCII), reply.number());
          return new Active(session, false, false);
        });
  }

  /**
   * Extends the idle deadline of a session once: it ends no sooner than {@code by} from now, unless
   * its absolute time-out is sooner. Counts as use.
   *
   * @param by above zero
   * @return {@link Active}, or as {@link #get(String)}
   */
  public SessionOutcome extend(Session session, Duration by) {
    if (requireNonNull(by, "by").isNegative() || by.isZero()) {
      throw new IllegalArgumentException("by: " + by + " (expected: above zero)");
    }
    Duration bounded = by.compareTo(config.absolute()) > 0 ? config.absolute() : by;
    long millis = Math.max(1, MILLISECONDS.convert(bounded));
    return calls.answer(
        () -> StoreCalls.onCurrent(session, id -> store.extend(id, millis)),
        reply -> {
          Stored times = requireNonNull(reply.stored(), "stored");
          session.used(times);
          return new Active(session, false, false);
        });
  }

  /**
   * Gives a session its own idle time-out from now on, longer or shorter than that of the settings.
   * Counts as use. The absolute time-out stays.
   *
   * @param timeout above zero; one beyond {@link SessionConfig#absolute} switches the idle time-out
   *     off
   * @return {@link Active}, or as {@link #get(String)}
   */
  public SessionOutcome idleTimeout(Session session, Duration timeout) {
    if (requireNonNull(timeout, "timeout").isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: above zero)");
    }
    Duration bounded = timeout.compareTo(config.absolute()) > 0 ? config.absolute() : timeout;
    long millis = Math.max(1, MILLISECONDS.convert(bounded));
    return calls.answer(
        () -> StoreCalls.onCurrent(session, id -> store.idle(id, millis)),
        reply -> {
          session.used(requireNonNull(reply.stored(), "stored"));
          return new Active(session, false, false);
        });
  }

  /**
   * Gives the session a new token. The old token still finds the session for {@link
   * SessionConfig#rotationGrace}, for requests under way, and afterwards gives {@link Rotated}. For
   * renewal; after a change of privileges use {@link #rotateNow}.
   *
   * @return {@link Active} with the session to go on with, under its old token if another request
   *     has rotated it meanwhile; or as {@link #get(String)}
   */
  public SessionOutcome rotate(Session session) {
    return rotate(session, config.rotationGrace());
  }

  /**
   * As {@link #rotate}, but each earlier token ends in the same step, including one within its
   * grace that another request has rotated meanwhile, which costs one more round trip.
   */
  public SessionOutcome rotateNow(Session session) {
    return rotate(session, Duration.ZERO);
  }

  private SessionOutcome rotate(Session session, Duration grace) {
    SessionId old = requireNonNull(session, "session").name();
    SessionId.Minted minted = SessionId.mint(old.tag(), peppers, random);
    boolean[] elsewhere = {false};
    return calls.answer(
        () -> {
          Reply reply = store.rotate(old, minted.id(), MILLISECONDS.convert(grace));
          for (int moves = 0;
              reply.code() == Code.MOVED && grace.isZero() && moves < StoreCalls.MOVES_MAX;
              moves++) {
            session.renamed(reply.text());
            reply = store.rotate(session.name(), minted.id(), 0);
          }
          if (reply.code() == Code.MOVED) {
            session.renamed(reply.text());
            elsewhere[0] = true;
            return Reply.of(Code.DONE);
          }
          return reply;
        },
        reply ->
            new Active(
                elsewhere[0] ? session : session.rotated(minted, reply.number()), false, false));
  }

  /**
   * Ends a session permanently: when this returns, no node finds it by any token.
   *
   * @return whether it was live
   * @throws io.perfkit.redis.RedisUnavailable if Redis did not answer; whether the session ended is
   *     unknown
   */
  public boolean invalidate(Session session) {
    return ended(
            StoreCalls.onCurrent(session, id -> store.end(id, EndReason.LOGOUT)),
            Count.ENDED_LOGOUT)
        == 1;
  }

  /** As {@link #invalidate(Session)}, by the token that the client sent. */
  public boolean invalidate(String token) {
    Optional<SessionId> id =
        SessionToken.parse(requireNonNull(token, "token"))
            .flatMap(parsed -> SessionId.of(parsed, peppers));
    if (id.isEmpty()) {
      return false;
    }
    Reply reply = store.end(id.get(), EndReason.LOGOUT);
    for (int moves = 0; reply.code() == Code.MOVED && moves < StoreCalls.MOVES_MAX; moves++) {
      reply = store.end(id.get().renamed(reply.text()), EndReason.LOGOUT);
    }
    return ended(reply, Count.ENDED_LOGOUT) == 1;
  }

  /**
   * Ends one session of {@code user} that was chosen from {@link #list}.
   *
   * @return whether it was live and belonged to the user
   * @throws io.perfkit.redis.RedisUnavailable as {@link #invalidate(Session)}
   */
  public boolean invalidate(String user, SessionInfo session) {
    Reply reply = store.endOne(tag(user), requireNonNull(session, "session").id());
    return ended(reply, Count.ENDED_CHOSEN) == 1;
  }

  /**
   * Ends all other sessions of the user of {@code session}. None if it is anonymous or not live.
   *
   * @return how many
   * @throws io.perfkit.redis.RedisUnavailable as {@link #invalidate(Session)}
   */
  public int invalidateOthers(Session session) {
    return ended(StoreCalls.onCurrent(session, store::endOthers), Count.ENDED_OTHERS);
  }

  /**
   * Ends all sessions of {@code user} in one step, however many there are. A sweep, which this
   * manager begins at once, removes them, counts them as ended and writes their events.
   *
   * @return how many there were, those included that were past their idle time-out and not swept
   * @throws io.perfkit.redis.RedisUnavailable as {@link #invalidate(Session)}
   */
  public int invalidateAll(String user) {
    int ended = store.endAll(tag(user));
    if (ended > 0 && sweeper != null) {
      sweeper.soon();
    }
    return ended;
  }

  private int ended(Reply reply, Count count) {
    if (reply.code() != Code.DONE) {
      return 0;
    }
    counts.add(count, reply.number());
    lived(reply.ended());
    return Math.toIntExact(reply.number());
  }

  /**
   * The live sessions of {@code user}, most recently seen first; at most 1,000.
   *
   * @throws io.perfkit.redis.RedisUnavailable if Redis gave no answer
   */
  public List<SessionInfo> list(String user) {
    return store.list(tag(user));
  }

  /**
   * Number of live sessions of {@code user}.
   *
   * @throws io.perfkit.redis.RedisUnavailable if Redis gave no answer
   */
  public int count(String user) {
    return store.count(tag(user));
  }

  private UserTag tag(String user) {
    return UserTag.of(prefix, Login.requireUser(user));
  }

  /**
   * Removes expired sessions and counts them. Each node does so every {@link
   * SessionConfig#sweepEvery}. No lookup depends on it; but until a sweep removes them, expired
   * sessions take memory, and a login of a user at the limit reads each of that user's. One round
   * trip for each 100 sessions and each partition.
   *
   * @throws io.perfkit.redis.RedisUnavailable if Redis gave no answer; the next sweep goes on
   */
  public SweepReport sweep() {
    Swept swept = store.sweep();
    SweepReport report = swept.report();
    live.set(swept.live());
    lived(swept.ended());
    counts.add(Count.ENDED_IDLE, report.idle());
    counts.add(Count.ENDED_ABSOLUTE, report.absolute());
    counts.add(Count.ENDED_EVERYWHERE, report.revoked());
    counts.add(Count.ENDED_LOST, report.lost());
    return report;
  }

  private void lived(List<Lifetime> lifetimes) {
    if (meters != null) {
      lifetimes.forEach(meters::lived);
    }
  }

  /**
   * What happened to sessions on any node after a position, for a host that keeps the position
   * itself. A {@linkplain Builder#listener listener} needs no position. One round trip.
   *
   * @param position that of an earlier page, or an empty text to find out the position now
   * @return at most 500 events of each partition
   * @throws IllegalArgumentException if {@code position} is not that of a page
   * @throws io.perfkit.redis.RedisUnavailable if Redis gave no answer
   */
  public EventPage events(String position) {
    return store.events(requireNonNull(position, "position"));
  }

  /** Counters of this manager. No round trip. */
  public SessionStats stats() {
    return SessionStats.of(counts, live.get(), peak.get());
  }

  /** Health of this manager, for a health check. No round trip. */
  public SessionHealth health() {
    return store.health();
  }

  /**
   * Ends the threads of the manager and removes its meters. The client and the sessions in Redis
   * stay.
   */
  @Override
  public void close() {
    if (sweeper != null) {
      sweeper.close();
    }
    if (reader != null) {
      reader.close();
    }
    store.close();
    if (meters != null) {
      meters.close();
    }
  }

  @Override
  public String toString() {
    return "SessionManager[" + name + ", " + store + "]";
  }

  /** Collects collaborators and settings. One thread at a time. */
  public static final class Builder {
    private final @Nullable UnifiedJedis redis;
    private final String prefix;
    private final Peppers peppers;
    private String name;
    private SessionConfig config = SessionConfig.defaults();
    private @Nullable GuardConfig guardConfig;
    private @Nullable RedisGuard hostsGuard;
    private @Nullable MeterRegistry registry;
    private @Nullable SessionListener listener;
    private InstantSource clock = InstantSource.system();
    private Supplier<byte[]> serverClock = () -> NO_CLOCK;

    private Builder(@Nullable UnifiedJedis redis, String prefix, Peppers peppers) {
      this.redis = redis;
      this.prefix = prefix;
      this.name = prefix;
      this.peppers = peppers;
    }

    /**
     * Names this manager in meters, as their tag {@code sessions}, and in messages; default the
     * prefix. Two open managers of one name on one registry are refused.
     */
    public Builder name(String sessions) {
      name = requireNonNull(sessions, "sessions");
      return this;
    }

    /** Time-outs, limits and bounds; default {@link SessionConfig#defaults()}. */
    public Builder config(SessionConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Time budget and breaker of the guard that this manager shares with all components on its
     * client. Default: those of the components that are open, else {@link GuardConfig#defaults()}.
     */
    public Builder guard(GuardConfig settings) {
      guardConfig = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * The host's own guard, which stays the host's to close; default one that the manager opens.
     */
    public Builder guard(RedisGuard host) {
      hostsGuard = requireNonNull(host, "host");
      return this;
    }

    private RedisGuard.Builder guard(UnifiedJedis client) {
      RedisGuard.Builder guard = RedisGuard.builder(client);
      if (guardConfig != null) {
        guard.config(guardConfig);
      }
      if (hostsGuard != null) {
        guard.sharing(hostsGuard);
      }
      if (registry != null) {
        guard.meterRegistry(registry);
      }
      return guard;
    }

    /** Where the meters of this manager are registered until it is closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * Is told what happens to sessions on any node, from now on; takes a thread. Needs {@link
     * SessionConfig#maxEvents} on every node.
     */
    public Builder listener(SessionListener events) {
      listener = requireNonNull(events, "events");
      return this;
    }

    /** In tests, another clock than the machine's, for sessions in process. */
    Builder clock(InstantSource instants) {
      clock = instants;
      return this;
    }

    /** In tests, the time that scripts take for the server's, as digits. */
    Builder serverClock(Supplier<byte[]> digits) {
      serverClock = digits;
      return this;
    }

    /**
     * The manager.
     *
     * @throws IllegalArgumentException for a prefix that is longer than 91 characters or has others
     *     than letters, digits and {@code . _ - :}, a listener without events, a name that another
     *     open manager has on the registry, a client that is none of RedisClient,
     *     RedisClusterClient and RedisSentinelClient, one whose pool leaves no connection to the
     *     host, one whose other components have another {@link GuardConfig}, or a guard of another
     *     client
     */
    public SessionManager build() {
      return new SessionManager(this);
    }
  }
}
