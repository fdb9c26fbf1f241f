package io.perfkit.redis;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.redis.Waiter.Ended;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Response;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * What all {@link RedisGuard}s of one client share: breaker, lanes and threads. Open from the first
 * guard to the last. Thread safe.
 */
final class GuardedClient {
  private static final Logger LOG = LoggerFactory.getLogger(RedisGuard.class);
  private static final int ARGUMENT_OVERHEAD_BYTES = 16;

  /* Invariants
   * G1  a caller waits for at most its budget: what may block for longer runs on the guard's threads;
   *     a lane's round trip that is not over by then is cut.
   * G2  while the breaker is open or half open, no caller's command is sent.
   * G4  a refused call yields its processor first: virtual threads that retry at once would starve
   *     the leaders, which would then take their own delay for silence of Redis.
   * (G3 is in Breaker.) */
  private final UnifiedJedis redis;
  private final String name;
  private final GuardConfig config;
  private final Breaker breaker;
  private final LaneCounters counters = new LaneCounters();
  private final LongSupplier nanos = System::nanoTime;
  private final Workers threads;
  private final ScheduledThreadPoolExecutor keeper;
  private final Routes routes;
  private final Collection<GroupCommit<?>> groups = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean checking = new AtomicBoolean();
  private volatile String holders = "";
  private volatile long downSince;
  private long checkedAt; // used by the keeper only

  /** Starts no thread; {@link #start()} starts the keeper. */
  GuardedClient(UnifiedJedis redis, String name, GuardConfig config) {
    this.redis = redis;
    this.name = name;
    this.config = config;
    this.breaker = new Breaker(config.probeEvery(), config.budget(), nanos, new OutageLog());
    this.threads = new Workers(config.maxThreads(), config.maxWaiting(), "perf-redis-guard-");
    this.routes = Routes.of(redis, new LaneShared(breaker, threads, nanos, config, counters));
    this.keeper =
        new ScheduledThreadPoolExecutor(1, task -> Workers.daemon(task, "perf-redis-guard-keeper"));
  }

  void start() {
    keepAgainIn(tick());
  }

  /** The time one budget from now, in the nanoseconds of {@link #nanos()}. */
  long deadline() {
    return nanos.getAsLong() + config.budget().toNanos();
  }

  <T extends @Nullable Object> T call(CommandObject<T> command, long deadline) {
    Lanes lanes = lanes(command.getArguments());
    int bytes = bytes(command.getArguments());
    if (lanes == null || bytes > Lane.BATCH_BYTES) {
      return callOnThread(client -> routes.viaClient(command), deadline);
    }
    Object reply = run(lanes, List.of(command), bytes, deadline).reply(0);
    if (reply instanceof JedisRedirectionException) {
      routes.forget(command.getArguments());
      return callOnThread(client -> routes.viaClient(command), deadline);
    }
    if (reply instanceof JedisDataException error) {
      throw failure(error);
    }
    return command.getBuilder().build(reply);
  }

  <T extends @Nullable Object> List<T> callAll(List<CommandObject<T>> commands) {
    List<T> values = new ArrayList<>(commands.size());
    for (Answer<T> answer : answers(List.copyOf(commands), deadline())) {
      JedisDataException error = answer.error();
      if (error != null) {
        throw failure(error);
      }
      values.add(answer.value());
    }
    return Collections.unmodifiableList(values);
  }

  /** Result of one of several commands: its value, or the error that Redis replied. */
  record Answer<T extends @Nullable Object>(
      @Nullable T value, @Nullable JedisDataException error) {}

  <T extends @Nullable Object> List<Answer<T>> answers(
      List<CommandObject<T>> commands, long deadline) {
    if (commands.isEmpty()) {
      return List.of();
    }
    Lanes lanes = shared(commands);
    int bytes = commands.stream().mapToInt(command -> bytes(command.getArguments())).sum();
    if (lanes == null || bytes > Lane.BATCH_BYTES || commands.size() > Lane.BATCH_COMMANDS_MAX) {
      return callOnThread(client -> pipeline(client, commands), deadline);
    }
    LaneCall call = run(lanes, commands, bytes, deadline);
    List<Answer<T>> answers = new ArrayList<>(commands.size());
    for (int i = 0; i < commands.size(); i++) {
      CommandObject<T> command = commands.get(i);
      if (call.reply(i) instanceof JedisRedirectionException) {
        answers.add(redirected(command, deadline));
      } else if (call.reply(i) instanceof JedisDataException error) {
        answers.add(new Answer<>(null, error));
      } else {
        answers.add(new Answer<>(command.getBuilder().build(call.reply(i)), null));
      }
    }
    return answers;
  }

  /** Sends one of several commands again to the node that it was redirected to. */
  private <T extends @Nullable Object> Answer<T> redirected(
      CommandObject<T> command, long deadline) {
    try {
      return callOnThread(client -> viaClient(command), deadline);
    } catch (RedisUnavailable e) { // even if it was not sent, others of its batch may have run
      throw new RedisUnavailable("a redirected command got no answer, " + this, e);
    }
  }

  private @Nullable Lanes lanes(CommandArguments command) {
    return command.isBlocking() ? null : routes.lanes(command);
  }

  /** The lanes of all commands, if they are the same. */
  private @Nullable Lanes shared(List<? extends CommandObject<?>> commands) {
    Lanes first = lanes(commands.get(0).getArguments());
    for (CommandObject<?> command : commands) {
      if (lanes(command.getArguments()) != first) {
        return null;
      }
    }
    return first;
  }

  private <T extends @Nullable Object> List<Answer<T>> pipeline(
      UnifiedJedis client, List<CommandObject<T>> commands) {
    if (commands.size() == 1) {
      return List.of(viaClient(commands.get(0)));
    }
    List<Response<T>> responses = new ArrayList<>(commands.size());
    try (AbstractPipeline pipeline = client.pipelined()) {
      for (CommandObject<T> command : commands) {
        responses.add(pipeline.executeCommand(JedisCompatibility.command(client, command)));
      }
      pipeline.sync();
    }
    List<Answer<T>> answers = new ArrayList<>(commands.size());
    for (int i = 0; i < commands.size(); i++) {
      try {
        answers.add(new Answer<>(responses.get(i).get(), null));
      } catch (JedisRedirectionException e) { // which a pipeline does not follow
        answers.add(viaClient(commands.get(i)));
      } catch (JedisDataException e) {
        answers.add(new Answer<>(null, e));
      } catch (IllegalStateException e) { // Jedis reports a failed node of a Cluster so
        throw new JedisConnectionException("a node gave no reply", e);
      }
    }
    return answers;
  }

  private <T extends @Nullable Object> Answer<T> viaClient(CommandObject<T> command) {
    routes.forget(command.getArguments());
    try {
      return new Answer<>(routes.viaClient(command), null);
    } catch (JedisDataException e) {
      return new Answer<>(null, e);
    }
  }

  private LaneCall run(
      Lanes lanes, List<? extends CommandObject<?>> commands, int bytes, long deadline) {
    admit();
    LaneCall call = new LaneCall(commands, bytes, deadline);
    lanes.run(call);
    Ended ended = call.ended();
    if (ended.reason() != Ended.Reason.ANSWERED) {
      counters.failed(ended);
      if (!ended.sent()) {
        letOthersRun();
      }
      if (ended.reason() == Ended.Reason.DISCONNECTED || ended.reason() == Ended.Reason.TIMED_OUT) {
        commands.forEach(command -> routes.forget(command.getArguments()));
      }
      throw failure(ended);
    }
    return call;
  }

  private RuntimeException failure(Ended ended) {
    Throwable cause = ended.cause();
    if (ended.reason() == Ended.Reason.CLOSED) {
      return new IllegalStateException("closed while a call was under way, " + this, cause);
    }
    String why =
        switch (ended.reason()) {
          case TIMED_OUT -> "no answer within the budget";
          case INTERRUPTED ->
              ended.sent() ? "interrupted while waiting for an answer" : "interrupted";
          case BREAKER_OPEN -> "Redis is taken for down";
          case QUEUE_FULL -> "too many calls wait";
          default -> "Redis can't be used: " + (cause == null ? "no connection" : Reason.of(cause));
        };
    return new RedisUnavailable((ended.sent() ? "" : "not sent: ") + why + ", " + this, cause);
  }

  private static int bytes(CommandArguments command) {
    int bytes = 0;
    for (Rawable argument : command) {
      bytes += argument.getRaw().length + ARGUMENT_OVERHEAD_BYTES;
    }
    return bytes;
  }

  /** Runs {@code command} on a thread of the guard, unless its deadline has passed. */
  <T extends @Nullable Object> T callOnThread(
      Function<? super UnifiedJedis, ? extends T> command, long deadline) {
    admit();
    long start = nanos.getAsLong();
    if (deadline - start <= 0) { // the rest of a budget, after a redirect
      throw new RedisUnavailable("not sent: no time is left of the budget, " + this, null);
    }
    FutureTask<T> reply = new FutureTask<>(() -> command.apply(redis));
    execute(reply);
    try {
      T value = reply.get(deadline - start, NANOSECONDS);
      breaker.answered(elapsed(start));
      return value;
    } catch (ExecutionException e) {
      throw failed(requireNonNull(e.getCause()), start);
    } catch (TimeoutException e) {
      reply.cancel(true);
      breaker.silent(elapsed(start), e);
      throw new RedisUnavailable("no answer within the budget, " + this, e);
    } catch (CancellationException e) {
      throw new IllegalStateException("closed while a call was under way, " + this, e);
    } catch (InterruptedException e) {
      reply.cancel(true);
      Thread.currentThread().interrupt();
      throw new RedisUnavailable("interrupted while waiting for an answer, " + this, e);
    }
  }

  UnifiedJedis redis() {
    return redis;
  }

  String name() {
    return name;
  }

  GuardConfig config() {
    return config;
  }

  long nanos() {
    return nanos.getAsLong();
  }

  /** From now on the keeper ends the overdue requests of this group. */
  void tend(GroupCommit<?> group) {
    groups.add(group);
  }

  void leave(Collection<GroupCommit<?>> ended) {
    groups.removeAll(ended);
  }

  /** Sets the names of the client's holders, for messages. */
  void heldBy(String names) {
    holders = names;
  }

  /** Logs the start and the end of each outage once. */
  private final class OutageLog implements Breaker.Transitions {
    @Override
    public void down(@Nullable Throwable cause) {
      downSince = nanos.getAsLong();
      LOG.warn(
          "Redis is down: {}. Calls of {} fail at once until it answers; a PING asks every {}"
              + " (client {})",
          cause == null ? "unknown" : Reason.of(cause),
          holders,
          config.probeEvery(),
          name);
      LOG.debug("Redis is down (client {})", name, cause);
    }

    @Override
    public void up() {
      LOG.info(
          "Redis answers again, after {}: {} (client {})",
          Duration.ofNanos(nanos.getAsLong() - downSince),
          holders,
          name);
    }
  }

  BreakerState breaker() {
    return breaker.state();
  }

  /** Connections that may be kept of a server's pool; negative if there is no bound. */
  int maxConnections() {
    return routes.maxConnections();
  }

  LaneStats stats() {
    return counters.snapshot(routes.all().stream().mapToInt(Lanes::waiting).sum());
  }

  /** Lanes that have a leader now. */
  int leading() {
    return routes.all().stream().mapToInt(Lanes::leading).sum();
  }

  /** Refuses a call of an interrupted thread, and any call while the breaker is not closed. */
  private void admit() {
    if (Thread.currentThread().isInterrupted()) {
      throw new RedisUnavailable("interrupted, so not sent, " + this, null);
    }
    if (!breaker.up()) {
      letOthersRun();
      throw new RedisUnavailable("not sent: Redis is taken for down, " + this, null);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // G4: a virtual thread leaves its processor here only
  private static void letOthersRun() {
    Thread.yield();
  }

  private void execute(Runnable task) {
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      if (threads.isClosed()) {
        throw new IllegalStateException("closed, " + this, e);
      }
      throw new RedisUnavailable("not sent: too many calls wait, " + this, e);
    }
  }

  private void probe() {
    long start = nanos.getAsLong();
    try {
      redis.ping();
      breaker.answered(elapsed(start));
    } catch (RuntimeException e) {
      breaker.failed(elapsed(start), e);
    }
  }

  /** Pings Redis while no caller uses it, so that an outage is noticed without traffic too. */
  private void check() {
    long start = nanos.getAsLong();
    try {
      redis.ping();
      breaker.answered(elapsed(start));
    } catch (RuntimeException e) {
      long elapsed = elapsed(start);
      if (Reason.isSilence(e)) {
        breaker.silent(elapsed, e);
      } else if (!Reason.isExhaustion(e) && !threads.isClosed()) {
        breaker.failed(elapsed, e);
      }
    } finally {
      checking.set(false);
    }
  }

  private RuntimeException failed(Throwable cause, long start) {
    if (cause instanceof JedisException e && !Breaker.isAnswer(e)) {
      breaker.failed(elapsed(start), e);
      return failure(e);
    }
    breaker.answered(elapsed(start));
    if (cause instanceof JedisException e) {
      return failure(e);
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
  }

  private RuntimeException failure(JedisException error) {
    return Breaker.isAnswer(error)
        ? new CommandRejected("Redis refused: " + error.getMessage(), error)
        : new RedisUnavailable("Redis can't be used: " + Reason.of(error) + ", " + this, error);
  }

  private long elapsed(long start) {
    return nanos.getAsLong() - start;
  }

  /**
   * The keeper's work, which goes on even while no caller gets a processor: ends overdue calls and
   * probes Redis. Runs once a tick, and earlier if a call is overdue by then. A call that arrives
   * in between has a whole budget, which is longer than a tick. Only a second command, which has
   * the rest of a budget, may exceed it by up to a tick.
   */
  private void keep() {
    long next = tick();
    try {
      long now = nanos.getAsLong();
      for (Lanes lanes : routes.all()) {
        next = Math.min(next, lanes.tend(now));
      }
      for (GroupCommit<?> group : groups) {
        next = Math.min(next, group.endOverdue(now));
      }
      if (breaker.mayProbe()) {
        probeInBackground();
      } else if (breaker.up() && now - checkedAt >= config.probeEvery().toNanos()) {
        checkedAt = now;
        if (!breaker.answeredSince() && leading() == 0 && checking.compareAndSet(false, true)) {
          checkInBackground();
        }
      }
    } finally {
      keepAgainIn(next);
    }
  }

  private long tick() {
    return Math.min(config.budget().toNanos(), config.probeEvery().toNanos()) / 4;
  }

  private void keepAgainIn(long delay) {
    try {
      var unused = keeper.schedule(this::keep, delay, NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return; // closed
    }
  }

  private void probeInBackground() {
    try {
      threads.execute(this::probe);
    } catch (RejectedExecutionException e) {
      breaker.abandoned();
    }
  }

  private void checkInBackground() {
    try {
      threads.execute(this::check);
    } catch (RejectedExecutionException e) {
      checking.set(false);
    }
  }

  /** Stops the threads and returns the connections; calls under way fail. */
  void close() {
    keeper.shutdownNow();
    routes.all().forEach(Lanes::close);
    threads.close();
    routes.all().forEach(Lanes::close); // lanes that a call under way has just made
  }

  @Override
  public String toString() {
    return "RedisGuard[" + breaker + ", " + config + "]";
  }
}
