package io.perfkit.redis;

import java.time.Duration;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.StaticCommandFlagsRegistry;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.executors.ClusterCommandExecutor;
import redis.clients.jedis.providers.ClusterConnectionProvider;

/**
 * Runs commands as a Cluster client does, but executes each at most once. Jedis resends a command
 * whose reply was lost, although it may have run. This class retries only a command that has
 * certainly not run: after a redirect, and while no connection is available. Thread safe.
 */
final class SingleAttempts extends ClusterCommandExecutor {
  private static final int MAX_REDIRECTS = 5;

  /**
   * @param patience how long a command may be redirected and wait for a connection
   */
  SingleAttempts(ClusterConnectionProvider provider, Duration patience) {
    super(provider, MAX_REDIRECTS, patience, StaticCommandFlagsRegistry.registry());
  }

  /** The connection failed once the command may have been sent. */
  static final class Lost extends RedisException {
    private static final long serialVersionUID = 1;

    private final JedisConnectionException failure;

    Lost(JedisConnectionException failure) {
      super("the reply was lost", failure);
      this.failure = failure;
    }

    JedisConnectionException failure() {
      return failure;
    }
  }

  @Override
  protected <T> T execute(Connection connection, CommandObject<T> command) {
    try {
      return super.execute(connection, command);
    } catch (JedisConnectionException e) {
      throw new Lost(e);
    }
  }
}
