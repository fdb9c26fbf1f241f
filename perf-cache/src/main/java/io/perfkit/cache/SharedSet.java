package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.cache.SharedCopies.Answer;
import io.perfkit.cache.SharedCopies.Reading;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.RedisUnavailable;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A set in Redis that all nodes share and whose members each have a TTL: revoked tokens, say, until
 * they would have expired. Made by {@link Shared#set} and {@link Shared#sets}. Costs, coherence and
 * failures are those of {@link SharedHash}. Thread safe.
 *
 * <p>The server's clock decides when a member ends: in the milliseconds around the end, where a
 * local copy can't be certain, Redis is asked. So an ended member is never reported and a living
 * one always is, except for changes of other nodes within {@link SharedConfig#maxStaleness()}. A
 * member does not count as absent because it is not held locally. While Redis is down a read throws
 * {@link RedisUnavailable}, unless {@link OnRedisDown#SERVE_LOCAL} is chosen: a caller that must
 * not let a revoked token pass then refuses the token.
 *
 * <p>A set without an id is spread over 64 parts by its members, each with a key and a copy of its
 * own, so that it spreads over a Cluster and a change ends one 64th of the copy. The bounds of
 * members and copies apply to each part.
 *
 * @param <E> members with {@code equals}; equal ones have the same bytes
 */
public final class SharedSet<E> {
  private static final RedisScript ADD = RedisScript.load(SharedSet.class, "set_add.lua");
  private static final RedisScript REMOVE = RedisScript.load(SharedSet.class, "set_remove.lua");
  static final RedisScript READ = RedisScript.load(SharedSet.class, "set_read.lua");
  private static final byte[] MEMBER = "member".getBytes(US_ASCII);
  private static final byte[] SIZE = "size".getBytes(US_ASCII);
  private static final byte[] ALL = "all".getBytes(US_ASCII);

  /** Members that have ended and are removed by one write. */
  private static final byte[] ENDED_MAX = SharedCopies.ascii(100);

  /** The end of a member that never ends, in the server's milliseconds: that of the year 9999. */
  private static final byte[] FOR_EVER = SharedCopies.ascii(253_402_300_799_999L);

  private static final int PART_BITS = 6;
  static final int PARTS = 1 << PART_BITS;

  /** Moves the differences of two hashes to their upper bits. */
  private static final int SPREAD = 0x9E3779B9;

  private static final Long ONE = 1L;
  private static final Long NO_ROOM = -1L;

  private final SharedCopies<SetCopy<E>> copies;
  private final List<?> parts;
  private final MemberFormat<E> members;

  /**
   * A set.
   *
   * @param parts ids of the structures that hold it: one, or as many as a set is spread over
   */
  SharedSet(SharedCopies<SetCopy<E>> copies, List<?> parts, MemberFormat<E> members) {
    this.copies = copies;
    this.parts = parts;
    this.members = members;
  }

  static <E> SetCopy<E> copy(Reading reading, MemberFormat<E> format) {
    List<byte[]> parts = reading.parts();
    Map<E, Long> ends = new HashMap<>(parts.size());
    for (int i = 0; i < parts.size(); i += 2) {
      E member = format.decode(parts.get(i));
      if (member != null) {
        ends.put(member, Long.valueOf(new String(parts.get(i + 1), US_ASCII)));
      }
    }
    return new SetCopy<>(
        ends, reading.serverMillis(), reading.askedNanos(), reading.answeredNanos());
  }

  /** As {@link #add(Object, Duration)}, for {@link SharedConfig#ttl()}. */
  public boolean add(E member) {
    return addFor(member, copies.config().ttl());
  }

  /**
   * Adds a member for {@code life} from now, by the server's clock. One that is there already lives
   * on until the later of both ends; to let it end sooner, remove it first. So adding is
   * idempotent, and safe to retry after a failure.
   *
   * @return whether it was not there
   * @throws IllegalArgumentException for a life below 1 ms or above 365 days
   */
  public boolean add(E member, Duration life) {
    CacheConfig.requireTtl("life", life);
    return addFor(member, life);
  }

  private boolean addFor(E member, Duration life) {
    Object part = part(member);
    int maxMembers = copies.config().maxMembers();
    Object reply =
        copies.write(
            part,
            ADD,
            SharedCopies.ascii(maxMembers),
            ENDED_MAX,
            SharedCopies.ascii(MILLISECONDS.convert(life)),
            FOR_EVER,
            members.encodeEqual(member));
    if (NO_ROOM.equals(reply)) {
      throw copies.rejected(
          part, "no room (expected: at most maxMembers " + maxMembers + " members)");
    }
    return ONE.equals(reply);
  }

  /**
   * Removes a member.
   *
   * @return whether it was there
   */
  public boolean remove(E member) {
    Object part = part(member);
    return ONE.equals(copies.write(part, REMOVE, ENDED_MAX, FOR_EVER, members.encode(member)));
  }

  /** Whether {@code member} is there and has not ended. */
  public boolean contains(E member) {
    Object part = part(member);
    SetCopy<E> copy = copies.local(part);
    if (copy == null) {
      Answer<SetCopy<E>> answer = copies.read(part, MEMBER, members.encode(member));
      if (answer.copy() == null) {
        return ONE.equals(answer.reply());
      }
      copy = answer.copy();
    }
    Long end = copy.ends().get(member);
    if (end == null) {
      return false;
    }
    Boolean lives = copy.lives(end, copies.now());
    return lives == null ? ask(part, member) : lives;
  }

  private boolean ask(Object part, E member) {
    Answer<SetCopy<E>> answer = copies.ask(part, MEMBER, members.encode(member));
    return answer.copy() == null
        ? ONE.equals(answer.reply())
        : answer.copy().ends().containsKey(member); // Redis is down: a member that may live counts
  }

  /**
   * The members that have not ended, in no order; a new set. The parts of a spread set are read one
   * after the other, so not as of one moment, in one round trip to each Redis node.
   */
  public Set<E> members() {
    Set<E> all = new HashSet<>();
    copies.readAll(parts, ALL).forEach((part, answer) -> all.addAll(living(part, answer)));
    return all;
  }

  private Set<E> living(Object part, Answer<SetCopy<E>> answer) {
    SetCopy<E> copy = answer.copy();
    if (copy == null) {
      return decoded((List<?>) requireNonNull(answer.reply()));
    }
    Set<E> living = copy.living(copies.now());
    if (living != null) {
      return living;
    }
    Answer<SetCopy<E>> exact = copies.ask(part, ALL);
    return exact.copy() == null
        ? decoded((List<?>) requireNonNull(exact.reply()))
        : exact.copy().ends().keySet(); // as above
  }

  private Set<E> decoded(List<?> stored) {
    Set<E> all = new HashSet<>();
    for (Object bytes : stored) {
      E member = members.decode((byte[]) bytes);
      if (member != null) {
        all.add(member);
      }
    }
    return all;
  }

  /** The number of members that have not ended; cost as {@link #members}, without a transfer. */
  public int size() {
    int size = 0;
    for (Map.Entry<Object, Answer<SetCopy<E>>> part : copies.readAll(parts, SIZE).entrySet()) {
      size +=
          part.getValue().copy() == null
              ? ((Long) requireNonNull(part.getValue().reply())).intValue()
              : living(part.getKey(), part.getValue()).size();
    }
    return size;
  }

  /** Removes all members, and a value of any other type at the key. */
  public void clear() {
    copies.writeAll(parts, SharedHash.CLEAR);
  }

  /** Counts of all structures of this name so far on this node. */
  public SharedStats stats() {
    return copies.stats();
  }

  /**
   * State of this name's structures and of their way to Redis. Costs nothing; for a health check.
   */
  public CacheHealth health() {
    return copies.health();
  }

  /**
   * The part of a member, the same on every node. Cheap for a string, whose hash is specified and
   * cached.
   */
  private Object part(E member) {
    requireNonNull(member, "member");
    if (parts.size() == 1) {
      return parts.get(0);
    }
    int hash =
        member instanceof String text ? text.hashCode() : Arrays.hashCode(members.encode(member));
    return parts.get((hash * SPREAD) >>> (Integer.SIZE - PART_BITS));
  }

  @Override
  public String toString() {
    return copies + ", " + copies.config();
  }
}
