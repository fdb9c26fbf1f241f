package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * The outcome of a call about one session. No outcome is an exception; {@link Unavailable} says
 * nothing about the session, so a host must not log out its user because of it. Immutable, except
 * for the {@link Session} in {@link Active}.
 *
 * <p>Java 17 has no pattern switch, so the common question has a plain answer: {@link #session()}.
 */
public sealed interface SessionOutcome {

  /** The session, if the call succeeded and it is live. */
  default Optional<Session> session() {
    return Optional.empty();
  }

  /**
   * The call succeeded, and this is the session now.
   *
   * @param value the session
   * @param renewalDue whether its token is older than {@link SessionConfig#renewal}, so that the
   *     host should {@linkplain SessionManager#rotate(Session) rotate} it
   * @param otherClient whether a lookup came from another client than the login ({@link
   *     BindingPolicy#ALERT})
   */
  record Active(Session value, boolean renewalDue, boolean otherClient) implements SessionOutcome {
    public Active {
      requireNonNull(value, "value");
    }

    @Override
    public Optional<Session> session() {
      return Optional.of(value);
    }
  }

  /** Which of its deadlines a session has passed. */
  enum Deadline {
    /** {@link SessionConfig#idle}. */
    IDLE,
    /** {@link SessionConfig#absolute}. */
    ABSOLUTE
  }

  /**
   * The session passed a deadline.
   *
   * @param why the deadline
   */
  record Expired(Deadline why) implements SessionOutcome {
    public Expired {
      requireNonNull(why, "why");
    }
  }

  /**
   * The session was ended; remembered for {@link SessionConfig#keepEnded}, afterwards {@link
   * NotFound}.
   *
   * @param why the reason of its end
   */
  record Revoked(EndReason why) implements SessionOutcome {
    public Revoked {
      requireNonNull(why, "why");
    }
  }

  /** There is no such session: the token is forged, damaged, or from long ago. */
  record NotFound() implements SessionOutcome {}

  /**
   * The token has been replaced, by a login or a rotation whose grace is over. The client that
   * sends it missed the new one, or stole the old one.
   */
  record Rotated() implements SessionOutcome {}

  /**
   * The user has reached the limit of sessions ({@link LimitPolicy#REJECT}); nothing was changed,
   * not even the session that wanted to log in.
   *
   * @param existing at most 100 of them
   */
  record LimitReached(List<SessionInfo> existing) implements SessionOutcome {
    public LimitReached {
      existing = List.copyOf(existing);
    }
  }

  /**
   * Another request has changed the session meanwhile; nothing was saved.
   *
   * @param version the stored version
   */
  record Conflict(long version) implements SessionOutcome {}

  /**
   * The change would exceed {@link SessionConfig#maxSessionBytes}; nothing was saved.
   *
   * @param bytes the bytes that the attributes would take
   */
  record TooLarge(long bytes) implements SessionOutcome {}

  /**
   * The outcome is unknown: Redis did not answer, or returned an error. A change may have been
   * made.
   *
   * @param cause the store's failure; without secrets
   */
  record Unavailable(RuntimeException cause) implements SessionOutcome {
    public Unavailable {
      requireNonNull(cause, "cause");
    }
  }
}
