package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Batcher;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.session.Reply.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lookups and saves in Redis: those that threads of this node need at the same time travel as one
 * run of {@code request.lua} for each partition. Thread safe.
 */
final class SessionRequests {
  private static final RedisScript SCRIPT = RedisScript.load(SessionRequests.class, "request.lua");

  private final RedisGuard guard;
  private final Supplier<byte[]> serverClock;
  private final byte[] keepEnded;
  private final List<Batcher<SessionRequest, Answer>> batchers = new ArrayList<>();

  /**
   * @param serverClock empty, or in tests the server's time
   */
  SessionRequests(
      RedisGuard guard, int partitions, Supplier<byte[]> serverClock, byte[] keepEnded) {
    this.guard = guard;
    this.serverClock = serverClock;
    this.keepEnded = keepEnded;
    for (int partition = 0; partition < partitions; partition++) {
      batchers.add(Batcher.create(guard, Together::new));
    }
  }

  /** What the script answered to one request at a time of the server, or why there is no answer. */
  private record Answer(long now, List<?> reply, @Nullable RedisException failure) {}

  /**
   * The reply of one request, which may travel with others. One round trip.
   *
   * @throws RedisException if Redis did not answer
   */
  Reply one(int partition, SessionRequest request) {
    Answer answer = batchers.get(partition).submit(request);
    if (answer == null) {
      throw new RedisUnavailable(
          "sessions: no answer: the time budget of "
              + guard.config().budget()
              + " was spent, too many calls wait, or the thread was interrupted; the request may"
              + " have been sent",
          null);
    } else if (answer.failure() != null) {
      throw answer.failure();
    }
    return SessionRequest.reply(answer.now(), answer.reply());
  }

  /**
   * The replies of requests of any partitions, in their order. One round trip.
   *
   * @throws RedisException if Redis did not answer
   */
  List<Reply> each(List<SessionRequest> requests) {
    List<RedisScript.Call> calls = new ArrayList<>(requests.size());
    for (SessionRequest request : requests) {
      calls.add(new RedisScript.Call(keys(List.of(request)), args(List.of(request))));
    }
    List<Reply> replies = new ArrayList<>(requests.size());
    for (RedisScript.Reply answer : SCRIPT.runAll(guard, calls)) {
      replies.add(
          answer.error() == null
              ? reply(answer.value())
              : Reply.of(Code.FAILED, String.valueOf(answer.error().getMessage())));
    }
    return replies;
  }

  private static List<byte[]> keys(List<SessionRequest> requests) {
    List<byte[]> keys = new ArrayList<>(2 * requests.size());
    for (SessionRequest request : requests) {
      keys.add(request.key());
      keys.add(request.index());
    }
    return keys;
  }

  private List<byte[]> args(List<SessionRequest> requests) {
    List<byte[]> args = new ArrayList<>(2 + 3 * requests.size());
    args.add(serverClock.get());
    args.add(keepEnded);
    for (SessionRequest request : requests) {
      args.addAll(request.args());
    }
    return args;
  }

  private static Reply reply(@Nullable Object answer) {
    List<?> parts = (List<?>) requireNonNull(answer, "answer");
    return SessionRequest.reply(
        (Long) requireNonNull(parts.get(0), "time"),
        (List<?>) requireNonNull(parts.get(1), "reply"));
  }

  /** Requests of several threads in one run of the script. One thread at a time. */
  private final class Together implements Batcher.Batch<SessionRequest, Answer> {

    /**
     * A command of this many bytes takes no further request: a bigger one has to leave the lanes.
     */
    private static final int BYTES_MAX = 12_000;

    private final List<SessionRequest> requests = new ArrayList<>(4);
    private int bytes;
    private int answered;
    private @Nullable List<?> parts;
    private @Nullable RedisException failure;

    /** No request joins an interrupted thread, which does not ask Redis. */
    @Override
    public boolean hasRoom() {
      return bytes < BYTES_MAX && !Thread.currentThread().isInterrupted();
    }

    @Override
    public void add(SessionRequest request) {
      requests.add(request);
      bytes += request.bytes();
    }

    @Override
    public void send() {
      try {
        parts = (List<?>) SCRIPT.run(guard, keys(requests), args(requests));
      } catch (RedisException e) {
        failure = e;
      }
    }

    @Override
    public @Nullable Answer answer(SessionRequest request) {
      if (failure != null) {
        return new Answer(0, List.of(), failure);
      }
      List<?> all = parts;
      if (all == null) {
        return null;
      }
      answered++;
      long now = (Long) requireNonNull(all.get(0), "time");
      return new Answer(now, (List<?>) requireNonNull(all.get(answered), "reply"), null);
    }
  }
}
