package io.perfkit.session;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The store of sessions, which decides about them. Every method is atomic. Thread safe. Throws
 * {@link io.perfkit.redis.RedisException} when the outcome is unknown.
 */
interface SessionStore extends AutoCloseable {

  /**
   * Looks up a session, and touches it if the last touch is that old.
   *
   * @param touchEveryMillis or -1 for none
   */
  Reply get(SessionId id, long touchEveryMillis);

  /** Looks up several sessions at once; replies in their order. */
  List<Reply> getAll(List<SessionId> ids, long touchEveryMillis);

  /** A session to create. */
  record Fresh(SessionId id, @Nullable String user, String client, String binding) {}

  /**
   * Makes a session in place of {@code old}, if that is live.
   *
   * @return {@code DONE} with the session, the evicted ones as number, and {@code replaced} as text
   *     if it took over the old one; or {@code LIMIT}
   */
  Reply login(Fresh fresh, @Nullable SessionId old);

  /**
   * Changes of attributes.
   *
   * @param version the version that the caller has read
   * @param bytes the bytes of all attributes with their names, if the change is made to that
   *     version
   */
  record Changes(Map<String, byte[]> sets, Set<String> removed, long version, long bytes) {}

  /**
   * Changes attributes.
   *
   * @param expected version, or -1 for any
   */
  Reply save(SessionId id, long expected, Changes changes);

  /** Adds to a number, which is 0 if there is none; the sum is the text of the reply. */
  Reply increment(SessionId id, String name, long by);

  /** Moves the idle deadline to that long from now, never back. */
  Reply extend(SessionId id, long millis);

  /** Sets the idle time-out, from now on. */
  Reply idle(SessionId id, long millis);

  /** Renames the session; after the grace only the new name finds it. */
  Reply rotate(SessionId id, SessionId fresh, long graceMillis);

  /** Ends the session. */
  Reply end(SessionId id, EndReason why);

  /** Ends the other sessions of its user; replies with their number. */
  Reply endOthers(SessionId id);

  int count(UserTag user);

  /** The sessions of a user, most recently seen first. */
  List<SessionInfo> list(UserTag user);

  /** Ends all sessions of a user; returns how many had not reached their absolute end. */
  int endAll(UserTag user);

  /** Ends one session of a user by the id in its list; replies with their number. */
  Reply endOne(UserTag user, String id);

  /** Removes expired sessions, and those that were ended with all others of their user. */
  Swept sweep();

  /** Events after a position; of an empty one none, and the position now. */
  EventPage events(String after);

  SessionHealth health();

  /** Looks at what the health tells of the server. */
  void examine();

  @Override
  void close();
}
