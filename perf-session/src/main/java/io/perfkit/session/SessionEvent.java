package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * What happened to a session, by the clock of its store. Immutable. Holds no token.
 *
 * <p>Every session has one {@link Created}, then a {@link Renewed} for each rotation, and exactly
 * one {@link Ended}, under the id that it has then.
 */
public sealed interface SessionEvent {

  /** The public id of the session, as {@link Session#id()}. */
  String id();

  /** When it happened. */
  Instant at();

  /**
   * A session was created: by a login, or anonymous.
   *
   * @param id the session
   * @param user its user, or an empty text
   * @param client the client's description from the login, or an empty text
   * @param at when
   */
  record Created(String id, String user, String client, Instant at) implements SessionEvent {
    public Created {
      requireNonNull(id, "id");
      requireNonNull(user, "user");
      requireNonNull(client, "client");
      requireNonNull(at, "at");
    }

    @Override
    public String toString() {
      return "Created[" + id + ", " + at + "]";
    }
  }

  /**
   * A session got a new token, and with it a new id.
   *
   * @param id its id before
   * @param newId its id from now on
   * @param at when
   */
  record Renewed(String id, String newId, Instant at) implements SessionEvent {
    public Renewed {
      requireNonNull(id, "id");
      requireNonNull(newId, "newId");
      requireNonNull(at, "at");
    }
  }

  /**
   * A session ended. The event of one that ended by itself is written when a sweep finds it.
   *
   * @param id the session
   * @param user its user, or an empty text if it was anonymous or is {@link EndReason#LOST}
   * @param reason why
   * @param created when it was created; if it is lost, as {@code at}
   * @param lastSeen when it was last touched; if it is lost, as {@code at}
   * @param at when it was ended, or found to have ended
   */
  record Ended(
      String id, String user, EndReason reason, Instant created, Instant lastSeen, Instant at)
      implements SessionEvent {
    public Ended {
      requireNonNull(id, "id");
      requireNonNull(user, "user");
      requireNonNull(reason, "reason");
      requireNonNull(created, "created");
      requireNonNull(lastSeen, "lastSeen");
      requireNonNull(at, "at");
    }

    @Override
    public String toString() {
      return "Ended[" + id + ", " + reason + ", " + at + "]";
    }
  }
}
