package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.perfkit.cache.SharedCopies.Answer;
import io.perfkit.redis.RedisScript;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A capped list in Redis that all nodes share: an element added at one end beyond {@link
 * SharedConfig#maxMembers()} removes one at the other end. Made by {@link Shared#list} and {@link
 * Shared#lists}. Costs, coherence and failures are those of {@link SharedHash}. Elements are shared
 * between callers, so they must not be changed. Thread safe.
 */
public final class SharedList<E> {
  private static final RedisScript PUSH = RedisScript.load(SharedList.class, "list_push.lua");
  private static final byte[] LRANGE = "LRANGE".getBytes(US_ASCII);
  private static final byte[] LLEN = "LLEN".getBytes(US_ASCII);
  private static final byte[] FIRST = "first".getBytes(US_ASCII);
  private static final byte[] LAST = "last".getBytes(US_ASCII);

  private final SharedCopies<List<E>> copies;
  private final Object id;
  private final MemberFormat<E> elements;

  SharedList(SharedCopies<List<E>> copies, Object id, MemberFormat<E> elements) {
    this.copies = copies;
    this.id = id;
    this.elements = elements;
  }

  static <E> List<E> elements(List<?> parts, MemberFormat<E> format) {
    List<E> all = new ArrayList<>(parts.size());
    for (Object part : parts) {
      E element = format.decode((byte[]) part);
      if (element != null) {
        all.add(element);
      }
    }
    return Collections.unmodifiableList(all);
  }

  /** Adds an element before all others; beyond the bound the last ones are dropped. */
  public void addFirst(E element) {
    add(FIRST, element);
  }

  /** Adds an element after all others; beyond the bound the first ones are dropped. */
  public void addLast(E element) {
    add(LAST, element);
  }

  private void add(byte[] side, E element) {
    SharedConfig config = copies.config();
    Object unused =
        copies.write(
            id,
            PUSH,
            SharedCopies.ascii(config.maxMembers()),
            SharedCopies.ascii(config.ttl().toMillis()),
            side,
            elements.encode(requireNonNull(element, "element")));
  }

  /** All elements as of one moment, the first one first; unmodifiable. */
  public List<E> getAll() {
    return range(0, Integer.MAX_VALUE);
  }

  /**
   * The elements from index {@code from}, counted from 0, to before {@code to}, or as many of them
   * as exist; unmodifiable.
   *
   * @throws IllegalArgumentException if {@code from} is negative or above {@code to}
   */
  public List<E> range(int from, int to) {
    if (from < 0 || from > to) {
      throw new IllegalArgumentException(
          "from: " + from + ", to: " + to + " (expected: 0 <= from <= to)");
    }
    List<E> copy = copies.local(id);
    if (copy != null) {
      return part(copy, from, to);
    }
    if (from == to) {
      return List.of();
    }
    Answer<List<E>> answer =
        copies.read(id, LRANGE, SharedCopies.ascii(from), SharedCopies.ascii(to - 1L));
    return answer.copy() == null
        ? elements((List<?>) requireNonNull(answer.reply()), elements)
        : part(answer.copy(), from, to);
  }

  private static <E> List<E> part(List<E> all, int from, int to) {
    return from == 0 && to >= all.size()
        ? all
        : all.subList(Math.min(from, all.size()), Math.min(to, all.size()));
  }

  /** The number of elements; of a list without a copy, those that can't be read count too. */
  public int size() {
    List<E> copy = copies.local(id);
    if (copy != null) {
      return copy.size();
    }
    Answer<List<E>> answer = copies.read(id, LLEN);
    return answer.copy() == null
        ? ((Long) requireNonNull(answer.reply())).intValue()
        : answer.copy().size();
  }

  /** Removes all elements, and a value of any other type at the key. */
  public void clear() {
    Object unused = copies.write(id, SharedHash.CLEAR);
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

  @Override
  public String toString() {
    return copies + ", " + copies.config();
  }
}
