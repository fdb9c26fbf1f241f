package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.UnifiedJedis;

/**
 * Time budget and circuit breaker for one Redis client. A call ends within its budget whatever the
 * client's own timeouts are, even if Redis is dead, frozen or slow; while the breaker is open, a
 * call fails at once. One timeout, or five failures among the last ten exchanges, open the breaker.
 * From then on a thread of the guard sends a PING every {@code probeEvery}; its answer closes the
 * breaker.
 *
 * <p>All guards of one client share one breaker, one set of lanes and one set of threads, from the
 * opening of the first guard to the close of the last. So a component that builds a guard of its
 * own costs the client no further connection. A client whose pool is too small for the connections
 * that stay in use is refused.
 *
 * <p>A command object runs in a lane. Lanes send the commands of many threads and components
 * together, on connections of the client's pool that stay in use while a guard is open, {@code
 * lanes} of them for each server. A function of the client runs on a thread of the guard instead;
 * use one for a command that is big, blocks or needs a connection of its own.
 *
 * <p>Thread safe. The threads are {@code perf-redis-guard-keeper}, one for each client, and up to
 * {@code maxThreads} others, {@code perf-redis-guard-…}, which start when they are needed and end
 * after 10 s without work. The client stays the host's.
 */
public final class RedisGuard implements AutoCloseable {
  private final GuardedClient client;
  private final Holder holder;
  private final @Nullable MeterRegistry registry;
  private final Collection<GroupCommit<?>> groups = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  private RedisGuard(Builder builder) {
    this.holder = new Holder(builder.holder, builder.connections);
    this.registry = builder.registry;
    this.client =
        OpenClients.hold(builder.redis, holder, builder.config, builder.name, builder.registry);
  }

  /**
   * A guard with the settings that the client's other guards have, else with the defaults.
   *
   * @throws IllegalArgumentException as {@link Builder#build()}
   */
  public static RedisGuard create(UnifiedJedis redis) {
    return builder(redis).build();
  }

  /**
   * A builder for the rarer settings.
   *
   * @throws IllegalStateException if Jedis is older than 7.2
   */
  public static Builder builder(UnifiedJedis redis) {
    JedisVersion.require();
    return new Builder(requireNonNull(redis, "redis"));
  }

  /**
   * Sends a command in a lane and waits for its reply, for at most the budget: one round trip,
   * shared with what other threads send meanwhile. A command of more than 16 KiB, without a key on
   * a Cluster, that blocks, or that a Cluster redirects, runs as {@link #call(Function)} does. Not
   * for commands that change the state of their connection.
   *
   * @param command as {@link redis.clients.jedis.CommandObjects} builds them
   * @throws RedisUnavailable at once if the breaker is open or too many calls wait (not sent), or
   *     when the budget is spent or the connection fails (unknown whether it ran, unless the
   *     message says that it was not sent)
   * @throws CommandRejected if Redis answers with an error of the command
   * @throws IllegalArgumentException if its keys are in different slots of a Cluster
   * @throws IllegalStateException after {@link #close()}
   */
  public <T extends @Nullable Object> T call(CommandObject<T> command) {
    return call(requireNonNull(command, "command"), deadline());
  }

  /** The time one budget from now, in the guard's nanoseconds. */
  long deadline() {
    return client.deadline();
  }

  <T extends @Nullable Object> T call(CommandObject<T> command, long deadline) {
    requireOpen();
    return client.call(command, deadline);
  }

  /**
   * Sends several commands of one caller as one submission: one round trip if all of them share a
   * server. Replies are in the order of the commands.
   *
   * @throws CommandRejected if Redis answers one of them with an error; the others ran
   * @throws RedisUnavailable as for {@link #call(CommandObject)}; how many ran is then unknown
   * @throws IllegalArgumentException as for {@link #call(CommandObject)}
   * @throws IllegalStateException after {@link #close()}
   */
  public <T extends @Nullable Object> List<T> callAll(List<CommandObject<T>> commands) {
    requireOpen();
    return client.callAll(commands);
  }

  <T extends @Nullable Object> List<GuardedClient.Answer<T>> answers(
      List<CommandObject<T>> commands, long deadline) {
    requireOpen();
    return client.answers(commands, deadline);
  }

  /**
   * Runs {@code command} on another thread and waits for it, for at most the budget. It does not
   * see the caller's thread locals.
   *
   * @throws RedisUnavailable at once if the breaker is open or too many calls wait (not sent), or
   *     when the budget is spent or the connection fails (unknown whether it ran)
   * @throws CommandRejected if Redis answers with an error of the command
   * @throws IllegalStateException after {@link #close()}
   */
  public <T extends @Nullable Object> T call(Function<? super UnifiedJedis, ? extends T> command) {
    requireNonNull(command, "command");
    requireOpen();
    return client.callOnThread(command, deadline());
  }

  /** Whether calls are sent: the breaker is closed. Costs nothing. */
  public boolean available() {
    return breaker() == BreakerState.CLOSED;
  }

  /** State of the client's breaker. Costs nothing. */
  public BreakerState breaker() {
    return client.breaker();
  }

  /** The settings that all guards of this client share. */
  public GuardConfig config() {
    return client.config();
  }

  /**
   * Counts of the client's lanes so far, for all its guards together, and of calls that wait now.
   */
  public LaneStats stats() {
    return client.stats();
  }

  /** Whether the client reaches Redis, for a health check. Costs nothing. */
  public RedisHealth health() {
    return new RedisHealth(client.name(), breaker(), stats().waiting());
  }

  /**
   * Borrows a connection of the client's pool to the server that holds {@code key}, which its
   * borrower closes, for a subscription for instance. Blocks as long as the client does.
   *
   * @throws redis.clients.jedis.exceptions.JedisException as the client throws it
   * @throws IllegalArgumentException for a client that is none of RedisClient, RedisClusterClient
   *     and RedisSentinelClient
   */
  public static Connection borrow(UnifiedJedis redis, byte[] key) {
    return Routes.borrow(redis, key);
  }

  /** Lanes that have a leader now. */
  int leading() {
    return client.leading();
  }

  long nanos() {
    return client.nanos();
  }

  /** While this guard is open, the keeper ends the overdue requests of this group. */
  void tend(GroupCommit<?> group) {
    groups.add(group);
    client.tend(group);
  }

  private void requireOpen() {
    if (closed.get()) {
      throw new IllegalStateException("closed, " + this);
    }
  }

  /**
   * Closes this guard. If it was the last one of its client, the threads end and the connections
   * return to the pool; calls under way then fail. The client stays open. A second call does
   * nothing.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      client.leave(groups);
      if (OpenClients.release(client, holder, registry)) {
        client.close();
      }
    }
  }

  @Override
  public String toString() {
    return client.toString();
  }

  /** Collects rarer settings. One thread at a time. */
  public static final class Builder {
    private final UnifiedJedis redis;
    private @Nullable GuardConfig config;
    private @Nullable String name;
    private @Nullable MeterRegistry registry;
    private String holder = "a guard of the host";
    private int connections;

    private Builder(UnifiedJedis redis) {
      this.redis = redis;
    }

    /**
     * Settings of all guards of this client. Default: those that the open guards have, else {@link
     * GuardConfig#defaults()}.
     */
    public Builder config(GuardConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Name of the client, which tags its meters. Default: the one that its open guards gave it,
     * else {@code redis}, and {@code redis-2}, {@code redis-3} for further clients.
     */
    public Builder name(String client) {
      name = requireNonNull(client, "client");
      return this;
    }

    /**
     * The registry of the client's meters while this guard is open; default none. Guards of one
     * client that share a registry share the meters.
     */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * The host's own guard, whose client is used as it is; default none. The new guard keeps the
     * client's lanes open even if the host closes its own guard first.
     *
     * @throws IllegalArgumentException if it is a guard of another client
     * @throws IllegalStateException if it is closed
     */
    public Builder sharing(RedisGuard host) {
      host.requireOpen();
      if (host.client.redis() != redis) {
        throw new IllegalArgumentException(
            "guard: " + host + " (expected: a guard of the same client object)");
      }
      config = host.config();
      return this;
    }

    /**
     * The component that holds the guard.
     *
     * @param component for messages, such as {@code caches 'shop'}
     * @param kept connections of the client's pool that it keeps in use itself beside the lanes,
     *     for a subscription for instance; they count when the pool's size is checked
     * @throws IllegalArgumentException if {@code kept} is negative
     */
    public Builder heldBy(String component, int kept) {
      Holder checked = new Holder(component, kept);
      holder = checked.name();
      connections = checked.connections();
      return this;
    }

    /**
     * Opens the guard.
     *
     * @throws IllegalArgumentException if the client's open guards have other settings or another
     *     name, if another client has that name, or if the lanes and what all components keep would
     *     leave no connection of the client's pool; then nothing was opened
     */
    public RedisGuard build() {
      return new RedisGuard(this);
    }
  }
}
