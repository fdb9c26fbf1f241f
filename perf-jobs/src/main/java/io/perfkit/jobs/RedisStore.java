package io.perfkit.jobs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * Jobs in Redis 6.2 or later: {@code Jobs.create(RedisStore.create(redis, "shop"))}. Each operation
 * is one script on one slot, so one round trip; leases, delays and windows are compared by the
 * server's clock. Jobs are as durable as the server: use {@code appendonly yes} and {@code
 * maxmemory-policy noeviction}.
 *
 * <p>Two connections of the client's pool are kept by the lanes of {@link RedisGuard}, and one more
 * by a node that runs jobs. The client stays the host's. Thread safe.
 */
public final class RedisStore extends JobStore {
  static final RedisScript SCRIPT = RedisScript.load(RedisStore.class, "store.lua");

  private static final int CALL_MAX = 500;
  private static final int STEPS_MAX = 10_000;
  private static final long PLACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final byte[] NONE = {};

  private final String application;
  private final RedisGuard guard;
  private final Supplier<byte[]> serverClock;
  private final Function<ClaimedJob, Fence> fence;
  private final byte[] head;
  private final List<byte[]> keys;
  private final RedisWaker waker;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition claimed = lock.newCondition();

  /** What must be in the hash of an owner's jobs for a completion to take effect. */
  static final class Fence {
    private final long owner;
    private final byte[] token;

    Fence(long owner, byte[] token) {
      this.owner = owner;
      this.token = token;
    }
  }

  /**
   * @param serverClock empty, or in tests the server's time
   * @param fence what tells that the node still owns a job
   */
  RedisStore(
      UnifiedJedis redis,
      String application,
      Supplier<byte[]> serverClock,
      Function<ClaimedJob, Fence> fence) {
    this.application = JobType.requireName("application", application);
    KeySpace space = KeySpace.of(application, application + ".jobs");
    byte[] leases = space.partitionKey("leases", 0);
    String text = new String(leases, US_ASCII);
    String headText = text.substring(0, text.length() - "leases".length());
    this.keys = List.of(leases);
    this.head = ascii(headText);
    this.serverClock = serverClock;
    this.fence = fence;
    this.guard = RedisGuard.builder(redis).heldBy("jobs '" + application + "'", 1).build();
    this.waker = new RedisWaker(redis, application, headText + "wake:", this::hasWork);
  }

  /**
   * Jobs of an application in Redis.
   *
   * @param redis a RedisClient, RedisSentinelClient or RedisClusterClient; stays the host's
   * @param application tells applications, or staging and production, on one Redis apart: none sees
   *     the jobs of another; all nodes of one share it
   * @throws IllegalArgumentException for another client, or if its pool is too small
   */
  public static RedisStore create(UnifiedJedis redis, String application) {
    return new RedisStore(requireNonNull(redis, "redis"), application, () -> NONE, RedisStore::own);
  }

  static Fence own(ClaimedJob job) {
    return new Fence(job.owner(), (byte[]) job.handle());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  private static byte[] number(long number) {
    return ascii(Long.toString(number));
  }

  private static byte[] micros(Duration duration) {
    return number(TimeUnit.MICROSECONDS.convert(duration));
  }

  private static long number(@Nullable Object reply) {
    return (Long) requireNonNull(reply, "number");
  }

  private static String text(@Nullable Object reply) {
    return new String((byte[]) requireNonNull(reply, "text"), UTF_8);
  }

  private static List<?> list(@Nullable Object reply) {
    return (List<?>) requireNonNull(reply, "list");
  }

  private @Nullable Object run(String operation, byte[]... args) {
    return run(operation, List.of(args));
  }

  private @Nullable Object run(String operation, List<byte[]> args) {
    List<byte[]> all = new ArrayList<>(3 + args.size());
    all.add(head);
    all.add(ascii(operation));
    all.add(serverClock.get());
    all.addAll(args);
    try {
      return SCRIPT.run(guard, keys, all);
    } catch (RedisException failed) {
      throw new StoreFailed("Redis failed to " + operation + " jobs of " + application, failed);
    }
  }

  @Override
  String application() {
    return application;
  }

  @Override
  boolean keepsObjects() {
    return false;
  }

  @Override
  List<Stored> enqueue(String queue, int capacity, List<NewJob> jobs) {
    List<byte[]> args = new ArrayList<>(3 + 4 * jobs.size());
    args.add(ascii(queue));
    args.add(number(capacity));
    args.add(number(jobs.size()));
    for (NewJob job : jobs) {
      args.add(RedisRecord.id(job.id()));
      args.add(RedisRecord.of(queue, job));
      args.add(number(TimeUnit.MILLISECONDS.toMicros(job.delayMillis())));
      args.add(number(job.uniqueMillis()));
    }
    List<Stored> answers = new ArrayList<>(jobs.size());
    for (Object answer : list(run("enqueue", args))) {
      if (answer instanceof byte[] earlier) {
        answers.add(
            earlier.length == 0 ? Stored.FULL : Stored.duplicateOf(RedisRecord.id(earlier)));
      } else {
        answers.add(Stored.ACCEPTED);
      }
    }
    hasWork(queue);
    return answers;
  }

  @Override
  void awaitPlace(String queue, int capacity, long waitNanos) throws InterruptedException {
    long left = waitNanos;
    while (left > 0) {
      lock.lockInterruptibly();
      try {
        long pause = Math.min(left, PLACE_NANOS);
        left -= pause - Math.max(0, claimed.awaitNanos(pause));
      } finally {
        lock.unlock();
      }
      if (number(run("waiting", ascii(queue))) < capacity) {
        return;
      }
    }
  }

  @Override
  long join(String node, Duration lease) {
    return Long.parseLong(text(run("join", micros(lease))));
  }

  @Override
  Beat beat(long owner, Duration lease) {
    List<?> reply = list(run("beat", number(owner), micros(lease)));
    if (number(reply.get(0)) == 0) {
      return Beat.FENCED;
    }
    Set<JobId> cancelled = new HashSet<>();
    for (Object id : reply.subList(1, reply.size())) {
      cancelled.add(RedisRecord.id((byte[]) id));
    }
    return new Beat(false, cancelled);
  }

  @Override
  StepReply step(long owner, List<Completion> completions, @Nullable ClaimRequest claim) {
    List<Boolean> accepted = new ArrayList<>(completions.size());
    int from = 0;
    while (completions.size() - from > CALL_MAX) {
      accepted.addAll(call(owner, completions.subList(from, from + CALL_MAX), null).accepted());
      from += CALL_MAX;
    }
    StepReply last = call(owner, completions.subList(from, completions.size()), claim);
    accepted.addAll(last.accepted());
    return new StepReply(last.fenced(), accepted, last.claimed(), last.nextDueMillis());
  }

  /** Completions that share a hash of owned jobs. */
  private record Group(String queue, long owner) {}

  private StepReply call(long owner, List<Completion> completions, @Nullable ClaimRequest claim) {
    Map<Group, List<Integer>> groups = new LinkedHashMap<>();
    List<Fence> fences = new ArrayList<>(completions.size());
    for (int i = 0; i < completions.size(); i++) {
      ClaimedJob job = completions.get(i).job();
      Fence held = fence.apply(job);
      fences.add(held);
      groups
          .computeIfAbsent(new Group(job.queue(), held.owner), unused -> new ArrayList<>())
          .add(i);
    }
    List<byte[]> args = new ArrayList<>(12 + 6 * completions.size());
    args.add(number(owner));
    args.add(number(groups.size()));
    args.add(number(claim == null ? 0 : 1));
    groups.forEach(
        (group, indexes) -> {
          args.add(ascii(group.queue()));
          args.add(number(group.owner()));
          args.add(number(indexes.size()));
          indexes.forEach(i -> add(args, completions.get(i), fences.get(i)));
        });
    if (claim != null) {
      args.add(ascii(claim.queue()));
      args.add(number(claim.claim()));
      List<String> types = List.copyOf(claim.types());
      args.add(number(types.size()));
      types.forEach(type -> args.add(ascii(type)));
      claim.quotas().forEach(quota -> args.add(number(quota.longValue())));
    }
    return reply(owner, list(run("step", args)), groups.values(), completions.size(), claim);
  }

  private static void add(List<byte[]> args, Completion completion, Fence fence) {
    DeadReason reason = completion.reason();
    String error = completion.error();
    args.add(RedisRecord.id(completion.job().id()));
    args.add(fence.token);
    args.add(kind(completion.kind()));
    args.add(number(TimeUnit.MILLISECONDS.toMicros(completion.delayMillis())));
    args.add(number(reason == null ? 0 : RedisRecord.code(reason)));
    args.add(error == null || reason == null ? NONE : error.getBytes(UTF_8));
  }

  /** The name of the counter. */
  private static byte[] kind(Completion.Kind kind) {
    return ascii(kind == Completion.Kind.RETRY ? "retried" : kind.name().toLowerCase(Locale.ROOT));
  }

  private StepReply reply(
      long owner,
      List<?> reply,
      Iterable<List<Integer>> groups,
      int completions,
      @Nullable ClaimRequest claim) {
    boolean fenced = number(reply.get(0)) == 0;
    long nextDue = number(reply.get(1));
    List<?> answers = list(reply.get(2));
    Boolean[] accepted = new Boolean[completions];
    int next = 0;
    for (List<Integer> indexes : groups) {
      for (int index : indexes) {
        accepted[index] = number(answers.get(next++)) == 1;
      }
    }
    List<?> flat = list(reply.get(3));
    List<ClaimedJob> jobs = new ArrayList<>(flat.size() / 4);
    for (int i = 0; i < flat.size(); i += 4) {
      jobs.add(
          RedisRecord.claimed(
              owner,
              (byte[]) flat.get(i),
              (byte[]) flat.get(i + 1),
              (byte[]) flat.get(i + 2),
              Long.parseLong(text(flat.get(i + 3)))));
    }
    if (claim != null && !fenced && jobs.size() < claim.want()) {
      waker.unfilled(claim.queue());
    }
    if (!jobs.isEmpty()) {
      placesAreFree();
    }
    return new StepReply(fenced, List.of(accepted), jobs, nextDue < 0 ? Long.MAX_VALUE : nextDue);
  }

  private void placesAreFree() {
    lock.lock();
    try {
      claimed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  void disown(long owner, long claim) {
    Object unused = run("disown", number(owner), number(claim));
  }

  @Override
  void leave(long owner) {
    long left = 1;
    for (int i = 0; i < STEPS_MAX && left > 0; i++) {
      left = number(run("leave", number(owner)));
    }
  }

  @Override
  Maintained maintain(int maxCrashes, Duration keepDead) {
    int rescued = 0;
    int dead = 0;
    long expired = 1;
    Set<String> touched = new HashSet<>();
    for (int i = 0; i < STEPS_MAX && expired > 0; i++) {
      List<?> reply = list(run("rescue", number(maxCrashes)));
      expired = number(reply.get(0));
      rescued += Math.toIntExact(number(reply.get(1)));
      dead += Math.toIntExact(number(reply.get(2)));
      list(reply.get(3)).forEach(queue -> touched.add(text(queue)));
    }
    touched.forEach(this::hasWork);
    int purged = 0;
    long last = 1;
    for (int i = 0; i < STEPS_MAX && last > 0; i++) {
      last = number(run("purge", micros(keepDead)));
      purged += Math.toIntExact(last);
    }
    return new Maintained(rescued, dead, purged);
  }

  @Override
  Map<String, QueueCounts> counts(boolean ofRows) {
    Map<String, QueueCounts> all = new TreeMap<>();
    for (Object one : list(run("counts"))) {
      List<?> queue = list(one);
      List<?> flat = list(queue.get(1));
      Map<String, Long> counted = new HashMap<>();
      for (int i = 0; i < flat.size(); i += 2) {
        counted.put(text(flat.get(i)), Long.parseLong(text(flat.get(i + 1))));
      }
      Function<String, Long> of = name -> counted.getOrDefault(name, 0L);
      all.put(
          text(queue.get(0)),
          new QueueCounts(
              of.apply("enqueued"),
              of.apply("replayed"),
              of.apply("claimed"),
              of.apply("done"),
              of.apply("retried"),
              of.apply("dead"),
              of.apply("discarded"),
              of.apply("cancelled"),
              of.apply("removed"),
              of.apply("returned"),
              of.apply("rescued"),
              of.apply("crashed"),
              of.apply("stale"),
              number(queue.get(2)),
              number(queue.get(3))));
    }
    return all;
  }

  @Override
  boolean cancel(JobId id) {
    return number(run("cancel", RedisRecord.id(id))) == 1;
  }

  @Override
  List<DeadLetter> deadLetters(String queue, int max) {
    List<?> flat = list(run("letters", ascii(queue), number(max)));
    List<DeadLetter> letters = new ArrayList<>(flat.size() / 2);
    for (int i = 0; i < flat.size(); i += 2) {
      letters.add(RedisRecord.letter((byte[]) flat.get(i), (byte[]) flat.get(i + 1)));
    }
    return letters;
  }

  @Override
  boolean replay(JobId id) {
    String queue = text(run("replay", RedisRecord.id(id)));
    if (!queue.isEmpty()) {
      hasWork(queue);
    }
    return !queue.isEmpty();
  }

  @Override
  boolean deleteDead(JobId id) {
    return !text(run("delete", RedisRecord.id(id))).isEmpty();
  }

  @Override
  void onWork(Consumer<String> listener) {
    listeners.add(listener);
  }

  private void hasWork(String queue) {
    for (Consumer<String> listener : listeners) {
      listener.accept(queue);
    }
  }

  /** Ends the thread and returns the connections. Jobs stay. */
  @Override
  public void close() {
    listeners.clear();
    waker.close();
    guard.close();
  }
}
