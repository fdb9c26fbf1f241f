package io.perfkit.session;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where sessions are kept, and so decided. Every method is one step that no other one meets half
 * done. Thread safe. Throws {@link io.perfkit.redis.RedisException} when it can't tell.
 */
interface SessionStore extends AutoCloseable {

  /**
   * The session, and a touch if the last one is that old.
   *
   * @param touchEveryMillis or -1 for none
   */
  Reply get(SessionId id, long touchEveryMillis);

  /** Several lookups at once, answered in their order. */
  List<Reply> getAll(List<SessionId> ids, long touchEveryMillis);

  /** A session to make. */
  record Fresh(SessionId id, @Nullable String user, String client) {}

  /**
   * Makes a session in place of {@code old}, if that is live.
   *
   * @return {@code DONE} with the session, the evicted ones as number, and {@code replaced} as text
   *     if it took over the old one; or {@code LIMIT}
   */
  Reply login(Fresh fresh, @Nullable SessionId old);

  /**
   * Changes attributes.
   *
   * @param expected version, or -1 for any
   */
  Reply save(SessionId id, long expected, Map<String, byte[]> sets, Set<String> removed);

  /** Adds to a number, which is 0 if there is none; the sum is the text of the reply. */
  Reply increment(SessionId id, String name, long by);

  /** Moves the idle deadline to that long from now, never back. */
  Reply extend(SessionId id, long millis);

  /** Sets the idle time-out, from now on. */
  Reply idle(SessionId id, long millis);

  /** Gives the session another name, under which alone it is found once the grace is over. */
  Reply rotate(SessionId id, SessionId fresh, long graceMillis);

  /** Ends the session. */
  Reply end(SessionId id, EndReason why);

  /** Ends the other sessions of its user, and says how many. */
  Reply endOthers(SessionId id);

  int count(UserTag user);

  /** Of a user, the one seen last first. */
  List<SessionInfo> list(UserTag user);

  /** Ends all sessions of a user, and says how many were live. */
  int endAll(UserTag user);

  /** Ends one session of a user by the id in its list. */
  boolean endOne(UserTag user, String id);

  /** Removes what has ended by itself. */
  SweepReport sweep();

  SessionHealth health();

  @Override
  void close();
}
