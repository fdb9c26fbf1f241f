package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.cache.Found.Source;
import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.RedisUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The structures of one kind and name: reads them, by a local copy where one counts, and writes
 * them. Each operation on one of them is one script. Thread safe.
 *
 * @param <C> the local copy of one structure, as a whole; immutable
 */
final class SharedCopies<C> {

  /* Invariants
   * S1  a copy read before a change never serves after the change was heard, or made here: a copy
   *     has the epoch taken before it was read (Fence), and a write advances it when its answer has
   *     arrived. The script that changes a structure publishes the change in the same step.
   * S2  a write that got no answer may run within its budget, so a node's own messages end its
   *     copies too. It does not run after that: it carries a deadline by the server's clock.
   * S3  one reading of a structure at a time in this JVM, unless it changes in between. A thread
   *     that waits for another's takes it only if that began no longer ago than maxStaleness.
   * S4  a structure with too many members for a copy is known as such by an entry without a value, held
   *     as a copy would be, and its readers do not wait for each other. */
  private static final int FOREIGN = 0;
  private static final int COPY = 1;
  private static final int OVERSIZE = 2;
  private static final byte[] NO_COPY = ascii(-1);

  /** Longest wait for another caller's read, which ends within the guard's budget. */
  private static final Duration MAX_WAIT = Duration.ofMinutes(1);

  private final SharedScripts scripts;
  private final Layout<C> layout;
  private final SharedConfig config;
  private final LocalLevel<Object, C> local;
  private final InFlightLoads<Object, C> inFlight;
  private final SharedCounters counters;
  private final byte[] maxCopyMembers;

  /**
   * How one kind of structure is read.
   *
   * @param script that reads it
   * @param args the script's first arguments
   * @param copy makes a copy of what the script read
   */
  record Layout<C>(RedisScript script, List<byte[]> args, Function<Reading, C> copy) {}

  /**
   * A whole structure, as Redis sent it.
   *
   * @param parts members, or members each followed by its value or end
   * @param serverMillis the server's time, if the script returns it
   */
  record Reading(List<byte[]> parts, long serverMillis, long askedNanos, long answeredNanos) {}

  /**
   * Result of a read.
   *
   * @param copy null if the structure has too many members for one
   * @param reply Redis's answer to the question sent along, if there is no copy; null if that is
   *     nil
   */
  record Answer<C>(@Nullable C copy, @Nullable Object reply) {}

  SharedCopies(
      SharedScripts scripts, Layout<C> layout, SharedConfig config, LocalLevel<Object, C> local) {
    this.scripts = scripts;
    this.layout = layout;
    this.config = config;
    this.local = local;
    this.inFlight = new InFlightLoads<>(local);
    this.counters = scripts.counters();
    this.maxCopyMembers = ascii(config.maxCopyMembers());
  }

  static byte[] ascii(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }

  String name() {
    return scripts.name();
  }

  SharedConfig config() {
    return config;
  }

  SharedStats stats() {
    return counters.snapshot();
  }

  CacheHealth health() {
    return scripts.health(now());
  }

  /** Approximate number of copies held, whether they count or not. */
  long size() {
    return local.size();
  }

  long now() {
    return local.now();
  }

  /** The copy that counts, or null. Allocates nothing. */
  @Nullable C local(Object id) {
    LocalEntry<C> entry = local.get(id);
    if (entry == null || entry.value == null) {
      return null;
    }
    counters.copyReads.increment();
    return entry.value;
  }

  /**
   * Reads the structure, when there is no copy that counts; one that is too large for a copy
   * answers {@code question} instead. One round trip.
   *
   * @throws RedisUnavailable if Redis is down and no copy may serve
   * @throws SharedRejected if Redis refused the command
   */
  Answer<C> read(Object id, byte[]... question) {
    LocalEntry<C> known = local.get(id);
    KeyRead<Object, C> own = inFlight.unshared(id, scripts.at(id));
    if (known != null) { // S4, or another thread has read it meanwhile
      return known.value == null
          ? load(own, maxCopyMembers, question)
          : new Answer<>(known.value, null);
    }
    InFlightLoad<C> joined = inFlight.join(own);
    return joined == own.load() ? readForAll(own, question) : share(joined, own, question);
  }

  private Answer<C> readForAll(KeyRead<Object, C> own, byte[]... question) {
    try {
      Answer<C> answer = load(own, maxCopyMembers, question);
      own.load().complete(new Found<>(answer.copy(), Source.L2));
      return answer;
    } catch (Throwable failure) {
      own.load().fail(failure);
      throw failure;
    } finally {
      inFlight.end(own);
    }
  }

  private Answer<C> share(InFlightLoad<C> other, KeyRead<Object, C> own, byte[]... question) {
    C copy = other.awaitRead(scripts.toString(), MAX_WAIT).value();
    long age = now() - other.reading().nanos();
    if (copy == null || age > config.maxStaleness().toNanos()) { // S4, S3
      return load(own, maxCopyMembers, question);
    }
    counters.redisReads.increment();
    return new Answer<>(copy, null);
  }

  /** As {@link #read}, but always asks Redis, and only for an answer. */
  Answer<C> ask(Object id, byte[]... question) {
    return load(inFlight.unshared(id, scripts.at(id)), NO_COPY, question);
  }

  /** As {@link #read}, for each of several structures. One round trip to each Redis node. */
  Map<Object, Answer<C>> readAll(List<?> ids, byte[]... question) {
    Map<Object, Answer<C>> answers = new LinkedHashMap<>();
    List<KeyRead<Object, C>> reads = new ArrayList<>();
    for (Object id : ids) {
      C copy = local(id);
      if (copy == null) {
        reads.add(inFlight.unshared(id, scripts.at(id)));
      } else {
        answers.put(id, new Answer<>(copy, null));
      }
    }
    loadAll(reads, answers, question);
    return answers;
  }

  private void loadAll(
      List<KeyRead<Object, C>> reads, Map<Object, Answer<C>> answers, byte[]... question) {
    counters.redisReads.add(reads.size());
    List<byte[]> args = readArgs(maxCopyMembers, question);
    try {
      List<Object> replies =
          scripts.runAll(
              layout.script(), reads.stream().map(KeyRead::address).toList(), at -> args);
      for (int i = 0; i < replies.size(); i++) {
        answers.put(reads.get(i).key(), answer(reads.get(i), replies.get(i)));
      }
    } catch (RedisUnavailable e) {
      reads.forEach(read -> answers.put(read.key(), withoutRedis(read, e)));
    }
  }

  private Answer<C> load(KeyRead<Object, C> read, byte[] maxMembers, byte[]... question) {
    counters.redisReads.increment();
    Object reply;
    try {
      reply = scripts.run(layout.script(), read.address(), readArgs(maxMembers, question));
    } catch (RedisUnavailable e) {
      return withoutRedis(read, e);
    }
    return answer(read, reply);
  }

  private List<byte[]> readArgs(byte[] maxMembers, byte[]... question) {
    List<byte[]> args = new ArrayList<>(layout.args());
    args.add(maxMembers);
    args.addAll(List.of(question));
    return args;
  }

  private Answer<C> answer(KeyRead<Object, C> read, Object reply) {
    List<?> parts = (List<?>) reply;
    int code = ((Long) parts.get(0)).intValue();
    if (code == FOREIGN) {
      counters.unreadable.increment();
      return new Answer<>(keep(read, List.of(), 0, -1), null);
    }
    long millisLeft = (Long) parts.get(1);
    if (code == COPY) {
      @SuppressWarnings("unchecked") // as the script says
      List<byte[]> all = (List<byte[]>) parts.get(2);
      long serverMillis = parts.size() > 3 ? (Long) parts.get(3) : 0;
      return new Answer<>(keep(read, all, serverMillis, millisLeft), null);
    }
    if (code == OVERSIZE) {
      counters.oversizeReads.increment();
      put(read, null, millisLeft); // S4
    }
    return new Answer<>(null, parts.get(2));
  }

  private C keep(KeyRead<Object, C> read, List<byte[]> parts, long serverMillis, long millisLeft) {
    C copy = layout.copy().apply(new Reading(parts, serverMillis, read.reading().nanos(), now()));
    put(read, copy, millisLeft);
    return copy;
  }

  private void put(KeyRead<Object, C> read, @Nullable C copy, long millisLeft) {
    Duration left = millisLeft < 0 ? config.localTtl() : Duration.ofMillis(millisLeft);
    Hit<C> hit = new Hit<>(copy, Set.of(), null, Ttl.of(left, Duration.ZERO), null);
    local.put(read.key(), hit, read.reading(), left); // S1
  }

  private Answer<C> withoutRedis(KeyRead<Object, C> read, RedisUnavailable down) {
    LocalEntry<C> held = local.getUnheard(read.key());
    if (config.onRedisDown() == OnRedisDown.SERVE_LOCAL && held != null && held.value != null) {
      return new Answer<>(held.value, null);
    }
    throw down;
  }

  /**
   * Runs a script that changes a structure, and ends the copy of it. Cost and exceptions are those
   * of {@link SharedScripts#write}.
   */
  Object write(Object id, RedisScript script, byte[]... args) {
    Address at = scripts.at(id);
    try {
      Object reply = scripts.write(script, at, args);
      counters.writes.increment();
      return reply;
    } finally {
      local.remove(id, at.hash()); // S1
    }
  }

  /** As {@link #write}, for each of several structures. One round trip to each Redis node. */
  void writeAll(List<?> ids, RedisScript script) {
    try {
      scripts.writeAll(script, ids.stream().map(scripts::at).toList());
      counters.writes.increment();
    } finally {
      ids.forEach(id -> local.remove(id, scripts.at(id).hash()));
    }
  }

  /** The exception of a structure that rejects an operation. */
  SharedRejected rejected(Object id, String why) {
    return scripts.rejected(id, why);
  }

  @Override
  public String toString() {
    return scripts.toString();
  }
}
