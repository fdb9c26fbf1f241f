package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.cache.InvalidationChannel.Kind;
import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.cache.L2Reply.Outcome;
import io.perfkit.redis.Codec;
import io.perfkit.redis.CodecFailed;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.RedisScript.Call;
import io.perfkit.redis.RedisScript.Reply;
import io.perfkit.redis.ValueFormat;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one cache in Redis, filled under leases (Nishtala et al., "Scaling Memcache at
 * Facebook", 2013). Each operation on a key is one script. Thread safe.
 *
 * <pre>
 * entry  prefix:{cache.P}:v2:entry:key  'V' generation(16) sequence(16) version(16) life(12) keep(12) body,
 *                                       PX its life and how long it is kept after that
 * lease  prefix:{cache.P}:v2:lease:key  'L' token(16) generation(16) sequence(16) awaited(1), PX the lease;
 *                                       'T' and the same while loads rest after one that failed
 * marks  prefix:{cache.P}:v2:marks      hash: g generation, s sequence, t&lt;tag&gt; sequence of its end
 * </pre>
 *
 * P is one of 64 partitions, which spread the cache over a Cluster. The generation changes with
 * each clear of the partition, and whenever its marks are lost; the sequence with each invalidation
 * of a tag.
 */
final class RedisLevel<V> implements SecondLevel<V> {

  /* Invariants
   * L1  a load is stored only under the lease that was taken before it began: fill compares the token.
   * L2  put and invalidate end the entry and any lease on it, and publish this in the same step.
   * L3  an entry counts only in the generation it was read or loaded in, and only if none of its tags
   *     ended since: lookup and fill compare with the marks. Lost marks end entries, never revive them.
   * L4  an invalidation that could not be sent is kept (UnsentInvalidations), and until it is sent
   *     this node reads no entry from Redis that it may concern.
   * L5  a call that its caller gave up changes nothing later: put and lookup carry a deadline by the
   *     server's clock; a lease that such a lookup may have taken is released. */
  private static final RedisScript LOOKUP = RedisScript.load(RedisLevel.class, "lookup.lua");
  private static final RedisScript FILL = RedisScript.load(RedisLevel.class, "fill.lua");
  private static final RedisScript RELEASE = RedisScript.load(RedisLevel.class, "release.lua");
  private static final RedisScript PUT = RedisScript.load(RedisLevel.class, "put.lua");
  private static final RedisScript INVALIDATE =
      RedisScript.load(RedisLevel.class, "invalidate.lua");
  private static final RedisScript INVALIDATE_TAG =
      RedisScript.load(RedisLevel.class, "invalidate_tag.lua");
  private static final RedisScript CLEAR = RedisScript.load(RedisLevel.class, "clear.lua");

  private static final int VERSION = 2;
  static final int PARTITIONS = 64;
  private static final int MAX_PORTION = 500;
  private static final int MARKS_MAX = 10_000;
  private static final byte[] NOTHING = {};
  private static final Long ONE = 1L;

  private final RedisGuard guard;
  private final InvalidationChannel channel;
  private final UnsentInvalidations unsent = new UnsentInvalidations(this, this::now);
  private final RecentInvalidations recent;
  private final KeySpace keys;
  private final List<byte[]> marksKeys;
  private final EntryFormat<V> format;
  private final byte[] leaseMillis;
  private final byte[] ahead;
  private final byte[] marksMillis;
  private final LongAdder failures = new LongAdder();
  private final CodecLog log;
  private final ServerClock clock;
  private final AbandonedLeases abandoned = new AbandonedLeases();

  RedisLevel(
      RedisGuard guard,
      InvalidationChannel channel,
      KeySpace keys,
      Codec<V> codec,
      CacheConfig config,
      RecentInvalidations recent,
      ServerClock clock) {
    this.guard = guard;
    this.clock = clock;
    this.recent = recent;
    this.channel = channel;
    this.keys = keys.withVersion(VERSION).withPartitions(PARTITIONS);
    this.marksKeys =
        IntStream.range(0, PARTITIONS)
            .mapToObj(partition -> this.keys.partitionKey("marks", partition))
            .toList();
    this.log = new CodecLog(keys.name());
    this.format =
        new EntryFormat<>(
            new ValueFormat<>(codec, config.compressAboveBytes(), config.maxValueBytes()));
    this.leaseMillis = ascii(config.lease().toMillis());
    this.ahead = Double.toString(config.refreshAhead()).getBytes(US_ASCII);
    Duration longest = config.lease().plus(config.l2Ttl()).plus(config.gracePeriod());
    this.marksMillis = ascii(longest.multipliedBy(2).toMillis());
  }

  /** Does nothing: each call asks the guard. */
  @Override
  public void requireOpen() {}

  /** Commands that Redis did not answer or refused, since the start. */
  @Override
  public long failures() {
    return failures.sum();
  }

  @Override
  public CacheHealth health(long now) {
    return new CacheHealth(
        guard.breaker(), channel.subscribed(), channel.heartbeatAge(now), unsent.size());
  }

  @Override
  public long unreadable() {
    return log.unreadableCount();
  }

  @Override
  public long unwritable() {
    return log.unwritableCount();
  }

  UnsentInvalidations unsent() {
    return unsent;
  }

  @Override
  public Address address(String text) {
    return new Address(
        text,
        ByteBuffer.wrap(keys.key("entry", text)),
        ByteBuffer.wrap(keys.key("lease", text)),
        keys.partition(text),
        Hash.of(text));
  }

  /** Asks Redis. One round trip to each node; a second one for an entry that can't be read. */
  @Override
  public List<L2Reply<V>> lookup(List<Question<V>> questions) {
    List<@Nullable Ask<V>> asks = new ArrayList<>(questions.size());
    List<Call> calls = new ArrayList<>(questions.size());
    for (Question<V> question : questions) {
      if (unsent.blocks(question.address())) { // L4
        asks.add(null);
      } else {
        EntryVersion token = question.leased() ? EntryVersion.next() : null;
        Ask<V> ask = new Ask<>(question, token, clock.now());
        asks.add(ask);
        calls.add(call(ask, null));
      }
    }
    boolean sent = guard.available();
    Iterator<Reply> replies = run(LOOKUP, calls).iterator();
    List<L2Reply<V>> lookups = new ArrayList<>(questions.size());
    for (Ask<V> ask : asks) {
      L2Reply<V> reply = ask == null ? L2Reply.down() : answer(ask, replies.next(), true);
      if (sent && ask != null && ask.token() != null && reply.outcome() == Outcome.DOWN) { // L5
        abandoned.add(new Release(ask.address(), ask.token()), clock.over());
      }
      lookups.add(reply);
    }
    return lookups;
  }

  /**
   * @param sent the node's time in ms at which it is sent
   */
  private record Ask<V>(Question<V> question, @Nullable EntryVersion token, long sent) {
    Address address() {
      return question.address();
    }
  }

  private Call call(Ask<V> ask, @Nullable EntryVersion unreadable) {
    LocalEntry<V> copy = ask.question().copy();
    int partition = ask.address().partition();
    return call(
        ask.address(),
        bytes(ask.token()),
        leaseMillis,
        marksMillis,
        bytes(unreadable),
        bytes(copy == null ? null : copy.about.version),
        ahead,
        clock.knows(partition) ? ascii(clock.deadline(partition)) : NOTHING);
  }

  private static byte[] bytes(@Nullable EntryVersion version) {
    return version == null ? NOTHING : version.bytes();
  }

  private L2Reply<V> answer(Ask<V> ask, Reply reply, boolean again) {
    if (!(reply.value() instanceof List<?> parts)) {
      return L2Reply.down();
    }
    int found = number(parts, 2);
    Hit<V> hit = null;
    if (found != 0) {
      Ttl ttl = new Ttl(millis(parts, 3), millis(parts, 4), millis(parts, 5));
      LocalEntry<V> copy = ask.question().copy();
      if (found == 2 && copy != null && copy.about.version != null) {
        hit = new Hit<>(copy.value, copy.about.tags, copy.about.version, ttl, copy.about.failure);
      } else {
        EntryVersion version = EntryVersion.of((byte[]) parts.get(6));
        byte[] body = (byte[]) parts.get(7);
        hit = format.decode(body, version, ttl).orElse(null);
        if (hit == null && again) {
          log.unreadable(() -> format.problem(body));
        }
        if (hit == null && again && number(parts, 0) == 0) { // as if it were not there
          return answer(ask, run(LOOKUP, List.of(call(ask, version))).get(0), false);
        }
      }
    }
    int lease = number(parts, 0);
    if (lease == 1 || lease == 4) {
      clock.told(ask.address().partition(), ask.sent(), (Long) parts.get(1));
    }
    Duration busyFor = lease == 2 || lease == 3 ? millis(parts, 1) : Duration.ZERO;
    return switch (lease) {
      case 1 -> new L2Reply<>(Outcome.LEASED, hit, requireNonNull(ask.token()), busyFor);
      case 2 -> new L2Reply<>(Outcome.BUSY, hit, null, busyFor);
      case 3 -> new L2Reply<>(Outcome.COOLING_DOWN, hit, null, busyFor);
      default -> {
        boolean live = hit != null && !hit.ttl().isExpired();
        yield new L2Reply<>(live ? Outcome.HIT : Outcome.ABSENT, hit, null, busyFor);
      }
    };
  }

  private static int number(List<?> parts, int at) {
    return ((Long) parts.get(at)).intValue();
  }

  private static Duration millis(List<?> parts, int at) {
    return Duration.ofMillis((Long) parts.get(at));
  }

  /**
   * Stores loaded entries under their leases. One round trip for all.
   *
   * @return for each whether it may be kept: not if its lease was lost, so that it may be older
   *     than an invalidation; no answer of Redis does not count as a lost lease
   */
  @Override
  public List<Boolean> fill(List<Fill<V>> fills) {
    List<Call> calls = new ArrayList<>(fills.size());
    List<Release> unwritten = new ArrayList<>();
    List<Boolean> current = new ArrayList<>(fills.size());
    for (Fill<V> fill : fills) {
      byte[] body = write(fill);
      current.add(body != null);
      if (body != null && fill.lease() != null) {
        calls.add(fillCall(fill, fill.lease(), body));
      } else if (body == null && fill.lease() != null) {
        unwritten.add(new Release(fill.address(), fill.lease()));
      }
    }
    Iterator<Reply> replies = run(FILL, calls).iterator();
    for (int i = 0; i < fills.size(); i++) {
      if (current.get(i) && fills.get(i).lease() != null) {
        current.set(i, !Long.valueOf(0).equals(replies.next().value()));
      }
    }
    release(unwritten, Duration.ZERO);
    return current;
  }

  /** The stored bytes; null if the value can't be encoded, which its caller gets even so. */
  private byte @Nullable [] write(Fill<V> fill) {
    try {
      return body(fill);
    } catch (CodecFailed e) {
      log.unwritable(e);
      return null;
    }
  }

  private byte[] body(Fill<V> fill) {
    if (fill.failure() != null) {
      return format.encode(fill.failure());
    }
    return fill.isKept() ? format.encode(fill.entry()) : NOTHING;
  }

  private Call fillCall(Fill<V> fill, EntryVersion lease, byte[] body) {
    List<byte[]> args = new ArrayList<>();
    args.add(lease.bytes());
    args.add(body);
    args.add(ascii(fill.ttl().total().toMillis()));
    args.add(ascii(fill.ttl().grace().toMillis()));
    args.add(channel.name());
    args.add(channel.message(Kind.FILLED, keys.name(), fill.address().hash()));
    args.addAll(EntryFormat.tagBytes(fill.entry().tags()));
    return call(fill.address(), args.toArray(byte[][]::new));
  }

  /**
   * Releases leases, so that the next callers get them at once, or after {@code cooldown} if there
   * is a stale entry. One round trip for all.
   */
  @Override
  public void release(List<Release> releases, Duration cooldown) {
    List<Reply> unused = sendReleases(releases, cooldown);
  }

  private List<Reply> sendReleases(List<Release> releases, Duration cooldown) {
    List<Call> calls = new ArrayList<>(releases.size());
    for (Release release : releases) {
      calls.add(
          call(
              release.address(),
              release.lease().bytes(),
              ascii(MILLISECONDS.convert(cooldown)),
              channel.name(),
              channel.message(Kind.FILLED, keys.name(), release.address().hash())));
    }
    return run(RELEASE, calls);
  }

  /** Releases leases that nobody will fill; those that Redis does not answer are sent again. */
  void releaseAbandoned() {
    if (!guard.available()) {
      return;
    }
    long now = clock.now();
    List<Release> releases = abandoned.take(MAX_PORTION, over -> now - over >= 0);
    List<Reply> replies = sendReleases(releases, Duration.ZERO);
    for (int i = 0; i < releases.size(); i++) {
      if (replies.get(i).value() == null) {
        abandoned.add(releases.get(i), now);
      }
    }
  }

  /**
   * Stores an entry and invalidates all nodes' copies. While Redis is down an invalidation is kept
   * instead. One round trip; two if the server's clock is not known yet or has jumped.
   *
   * @throws CodecFailed if the value can't be written; nothing was done
   */
  @Override
  public EntryVersion put(Address address, Entry<V> entry, Ttl ttl) {
    EntryVersion version = EntryVersion.next();
    byte[] body = format.encode(entry);
    for (int attempt = 0; attempt < 2; attempt++) { // a late one has learned the server's clock
      long sent = clock.now();
      Call call =
          call(
              address,
              body,
              ascii(ttl.total().toMillis()),
              ascii(ttl.grace().toMillis()),
              marksMillis,
              version.bytes(),
              channel.name(),
              channel.message(Kind.KEY, keys.name(), address.hash()),
              ascii(clock.deadline(address.partition())));
      if (!(run(PUT, List.of(call)).get(0).value() instanceof List<?> parts)) {
        break;
      }
      clock.told(address.partition(), sent, (Long) parts.get(1));
      if (number(parts, 0) != 0) {
        if (number(parts, 0) == 2) { // Redis is full, and no node has the old value
          failures.increment();
        }
        recent.told(address);
        return version;
      }
      if (attempt > 0) {
        failures.increment();
      }
    }
    unsent.keepUntil(address, clock.over());
    return version;
  }

  /**
   * Removes entries and invalidates all nodes' copies; kept for later while Redis is down. One
   * round trip.
   */
  @Override
  public void invalidate(Collection<Address> addresses) {
    List<Address> all = List.copyOf(addresses);
    List<Reply> replies = run(INVALIDATE, all.stream().map(this::invalidation).toList());
    for (int i = 0; i < all.size(); i++) {
      if (succeeds(replies.subList(i, i + 1))) {
        recent.told(all.get(i));
      } else {
        unsent.keep(all.get(i));
      }
    }
  }

  /**
   * Ends all entries of a tag on all nodes; kept for later while Redis is down. Two round trips.
   */
  @Override
  public void invalidateTag(String tag) {
    if (!sendTag(tag)) {
      unsent.keepTag(tag);
    }
  }

  /** Ends all entries on all nodes; kept for later while Redis is down. Two round trips. */
  @Override
  public void clear() {
    if (!sendClear()) {
      unsent.keepClear();
    }
  }

  boolean sendInvalidation(Address address) {
    boolean sent = succeeds(run(INVALIDATE, List.of(invalidation(address))));
    if (sent) {
      recent.told(address);
    }
    return sent;
  }

  boolean sendTag(String tag) {
    List<byte[]> args = List.of(tag.getBytes(UTF_8), ascii(MARKS_MAX));
    boolean sent =
        onAllPartitions(INVALIDATE_TAG, args)
            && publish(channel.message(Kind.TAG, keys.name(), Hash.of(tag)));
    if (sent) {
      recent.toldTag(tag);
    }
    return sent;
  }

  boolean sendClear() {
    boolean sent =
        onAllPartitions(CLEAR, List.of()) && publish(channel.message(Kind.ALL, keys.name(), 0));
    if (sent) {
      recent.toldClear();
    }
    return sent;
  }

  /** Sends the recent invalidations again; returns their number. */
  int tellAgain() {
    return recent.tellAgain(unsent);
  }

  /** The node's time in ms of {@link UnsentInvalidations#keepUntil}. */
  long now() {
    return clock.now();
  }

  /** The server that answered a question of that time is still the same. */
  void sameServerAt(long askedNanos) {
    recent.sameServerAt(askedNanos);
  }

  private Call invalidation(Address address) {
    return call(address, channel.name(), channel.message(Kind.KEY, keys.name(), address.hash()));
  }

  private boolean onAllPartitions(RedisScript script, List<byte[]> args) {
    return succeeds(
        run(script, marksKeys.stream().map(key -> new Call(List.of(key), args)).toList()));
  }

  private boolean publish(byte[] message) {
    try {
      channel.publish(guard, message);
      return true;
    } catch (RedisException e) {
      failures.increment();
      return false;
    }
  }

  private Call call(Address address, byte[]... args) {
    return new Call(
        List.of(
            address.redisKey().array(),
            address.leaseKey().array(),
            marksKeys.get(address.partition())),
        List.of(args));
  }

  /**
   * A reply for each call, without a value if Redis gave none or an error. Many calls go in
   * portions, each with a budget of its own, so that a large call does not open the breaker.
   */
  private List<Reply> run(RedisScript script, List<Call> calls) {
    if (calls.size() <= MAX_PORTION) {
      return calls.isEmpty() ? List.of() : runPortion(script, calls);
    }
    List<Reply> replies = new ArrayList<>(calls.size());
    for (int from = 0; from < calls.size(); from += MAX_PORTION) {
      int to = Math.min(from + MAX_PORTION, calls.size());
      replies.addAll(runPortion(script, calls.subList(from, to)));
    }
    return replies;
  }

  private List<Reply> runPortion(RedisScript script, List<Call> calls) {
    try {
      List<Reply> replies = script.runAll(guard, calls);
      failures.add(replies.stream().filter(reply -> reply.error() != null).count());
      return replies;
    } catch (RedisException e) {
      failures.increment();
      return Collections.nCopies(calls.size(), new Reply(null, null));
    }
  }

  private static boolean succeeds(List<Reply> replies) {
    return replies.stream().allMatch(reply -> ONE.equals(reply.value()));
  }

  private static byte[] ascii(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
