package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.session.Reply.Code;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.Conflict;
import io.perfkit.session.SessionOutcome.Deadline;
import io.perfkit.session.SessionOutcome.Expired;
import io.perfkit.session.SessionOutcome.LimitReached;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Rotated;
import io.perfkit.session.SessionOutcome.TooLarge;
import io.perfkit.session.SessionOutcome.Unavailable;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs calls of a store: times them, follows a session that moved, and says what a reply means. */
final class StoreCalls {
  static final int MOVES_MAX = 3;

  private final Count.Counts counts;
  private final @Nullable SessionMeters meters;
  private final LongSupplier nanos;

  StoreCalls(Count.Counts counts, @Nullable SessionMeters meters, LongSupplier nanos) {
    this.counts = counts;
    this.meters = meters;
    this.nanos = nanos;
  }

  /** Runs {@code call} on the session, under its new name if a rotation has moved it. */
  static Reply onCurrent(Session session, Function<SessionId, Reply> call) {
    Reply reply = call.apply(requireNonNull(session, "session").name());
    for (int moves = 0; reply.code() == Code.MOVED && moves < MOVES_MAX; moves++) {
      session.renamed(reply.text());
      reply = call.apply(session.name());
    }
    return reply;
  }

  SessionOutcome answer(Supplier<Reply> call, Function<Reply, SessionOutcome> done) {
    Reply reply;
    long start = meters == null ? 0 : nanos.getAsLong();
    try {
      reply = call.get();
    } catch (RedisException e) {
      return new Unavailable(e);
    } finally {
      if (meters != null) {
        meters.called(nanos.getAsLong() - start);
      }
    }
    return switch (reply.code()) {
      case DONE -> done.apply(reply);
      case NOT_FOUND -> new NotFound();
      case IDLE -> new Expired(Deadline.IDLE);
      case ABSOLUTE -> new Expired(Deadline.ABSOLUTE);
      case REVOKED ->
          reply.text().equals("R") ? new Rotated() : new Revoked(EndReason.of(reply.text()));
      case ROTATED, MOVED -> new Rotated();
      case CONFLICT -> {
        counts.add(Count.CONFLICT, 1);
        yield new Conflict(reply.number());
      }
      case TOO_LARGE -> {
        counts.add(Count.TOO_LARGE, 1);
        yield new TooLarge(reply.number());
      }
      case NO_NUMBER ->
          throw new IllegalArgumentException(
              "attribute: not a number, or the sum is out of range (expected: set by"
                  + " Codec.longs())");
      case LIMIT -> {
        counts.add(Count.LIMIT_REACHED, 1);
        yield new LimitReached(reply.existing());
      }
      case FAILED ->
          new Unavailable(
              new RedisUnavailable("Redis answered with an error: " + reply.text(), null));
      case FULL ->
          new Unavailable(
              new IllegalStateException("maxLocalSessions: " + reply.number() + " are held"));
    };
  }

  /** What a lookup with that outcome counts as. */
  static Count looked(SessionOutcome outcome) {
    if (outcome instanceof Active) {
      return Count.FOUND;
    } else if (outcome instanceof Expired) {
      return Count.EXPIRED;
    } else if (outcome instanceof Revoked) {
      return Count.REVOKED;
    } else if (outcome instanceof Rotated) {
      return Count.ROTATED;
    }
    return outcome instanceof Unavailable ? Count.UNAVAILABLE : Count.NOT_FOUND;
  }
}
