package io.perfkit.redis;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.Pool;

/**
 * A connection that a lane has borrowed from the client's pool; its only use is the round trip of a
 * batch. One thread at a time, except for the two methods that cut it.
 */
final class LaneConnection {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** A round trip whose replies are awaited until {@code deadline}. */
  private record Reading(long deadline) {}

  /* Invariants
   * K1  a connection that failed is never written to again: Jedis would quietly connect anew, on the caller's
   *     thread, and without a login and the number of the database.
   * K2  another thread cuts it only while replies are read, and only if it takes `reading` out
   *     before the reader does; so no thread writes at that time, and the reader notices the cut.
   * K3  a write does not block: a round trip ends before the next one begins, so the socket's buffers
   *     are empty, and what is sent at once fits into them (Lane N5).  */
  private final Pool<Connection> pool;
  private final Connection connection;
  private final int clientTimeout;
  private final AtomicReference<@Nullable Reading> reading = new AtomicReference<>();
  private volatile boolean unwanted;

  private LaneConnection(Pool<Connection> pool, Connection connection) {
    this.pool = pool;
    this.connection = connection;
    this.clientTimeout = connection.getSoTimeout();
  }

  /**
   * Borrows a connection that answers. Blocks for as long as the client's pool and timeouts allow.
   *
   * @param answerMillis how long to wait for an answer of a connection that is there already
   */
  static LaneConnection open(Pool<Connection> pool, int answerMillis) {
    boolean last = false;
    while (true) {
      LaneConnection opened = new LaneConnection(pool, pool.getResource());
      try {
        opened.connection.setSoTimeout(answerMillis);
        opened.connection.ping();
        return opened;
      } catch (RuntimeException e) {
        opened.connection.setBroken();
        opened.giveBack();
        boolean none = pool.getNumIdle() == 0;
        if (last || (none && Reason.isSilence(e))) {
          throw e;
        }
        last = none; // the next one is fresh: it answers, or throws the reason
      }
    }
  }

  /** Whether a batch may be sent; false too once the client has closed its pool of that server. */
  boolean isUsable() {
    return !connection.isBroken() && !pool.isClosed();
  }

  /**
   * Sends the commands of all calls and reads their replies in the same order, without ending a
   * call.
   *
   * @param now in the same nanoseconds as {@link #cutIfOverdue}
   * @param nanosMax how long to wait
   * @return how many calls have all their replies, and why the others don't
   */
  Result roundTrip(List<LaneCall> batch, long now, long nanosMax) {
    int answered = 0;
    boolean reads = false;
    Reading mine = new Reading(now + nanosMax);
    try {
      connection.setSoTimeout(
          (int) Math.max(1, (nanosMax + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI));
      for (LaneCall call : batch) {
        for (int i = 0; i < call.size(); i++) {
          connection.sendCommand(call.arguments(i));
        }
      }
      connection.getMany(0); // flushes
      reading.set(mine);
      reads = true;
      if (unwanted) {
        throw new JedisConnectionException("closed");
      }
      for (LaneCall call : batch) {
        for (int i = 0; i < call.size(); i++) {
          call.reply(i, readReply());
        }
        answered++;
      }
      if (!reading.compareAndSet(mine, null)) { // K2: cut after the last reply
        connection.setBroken();
      }
      return new Result(answered, null, false, false);
    } catch (Throwable e) { // whatever it is, the stream of replies can't be trusted any more
      boolean cut = reads && !reading.compareAndSet(mine, null);
      connection.setBroken();
      return new Result(answered, e, e.getCause() instanceof SocketTimeoutException, cut);
    }
  }

  /**
   * Result of a round trip.
   *
   * @param answered calls at the head of the batch that have all their replies
   * @param failure why the others have none, absent if there are no others
   * @param silent whether nothing arrived in time
   * @param cut whether another thread cut it; an overdue one may be due to the server, or to the
   *     leader, which may lack a processor
   */
  record Result(int answered, @Nullable Throwable failure, boolean silent, boolean cut) {}

  private @Nullable Object readReply() {
    try {
      return connection.getUnflushedObject();
    } catch (JedisDataException e) {
      return e;
    }
  }

  /**
   * Cuts a round trip that is past its deadline although bytes still arrive.
   *
   * @return nanoseconds until the one under way is overdue; {@code Long.MAX_VALUE} if there is none
   */
  long cutIfOverdue(long now) {
    Reading current = reading.get();
    if (current == null) {
      return Long.MAX_VALUE;
    }
    if (now - current.deadline() <= 0) {
      return current.deadline() - now + 1;
    }
    cut(current);
    return Long.MAX_VALUE;
  }

  /** Cuts a round trip under way, as soon as it reads replies. */
  void cut() {
    unwanted = true;
    Reading current = reading.get();
    if (current != null) {
      cut(current);
    }
  }

  private void cut(Reading current) {
    if (reading.compareAndSet(current, null)) {
      try {
        connection.forceDisconnect();
      } catch (IOException e) {
        throw new IllegalStateException("Jedis closes quietly", e);
      }
    }
  }

  /** Marks the connection as broken, so that no further batch is sent over it. */
  void discard() {
    connection.setBroken();
  }

  /**
   * Returns the connection to the client's pool, which closes a broken one and may, if others wait
   * for one, block to open another.
   */
  void giveBack() {
    try {
      if (!connection.isBroken()) {
        connection.setSoTimeout(clientTimeout);
      }
      connection.close();
    } catch (JedisException e) {
      connection.setBroken(); // the pool has let go of it all the same
    }
  }
}
