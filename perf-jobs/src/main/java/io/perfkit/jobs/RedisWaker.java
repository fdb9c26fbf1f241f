package io.perfkit.jobs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.redis.RedisGuard;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.UnifiedJedis;

/**
 * Waits for tokens of queues of which this node asked for more jobs than there were, with a
 * blocking pop on a connection of its own. One thread, from the first such queue on. A token that
 * is lost costs one poll. Thread safe.
 */
final class RedisWaker implements AutoCloseable {
  /* Invariants
   * N1  A node with work takes no token: a queue is listened to from an unfilled claim until a
   *     token came.
   */
  private static final Logger LOG = LoggerFactory.getLogger(RedisWaker.class);
  private static final int BLOCK_SECONDS = 1;
  private static final int SOCKET_MILLIS = 4_000;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long JOIN_MILLIS = 5_000;

  private final UnifiedJedis redis;
  private final String head;
  private final Consumer<String> heard;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<String> hungry = new HashSet<>();
  private volatile @Nullable Connection connection;
  private volatile boolean closed;
  private boolean started;

  /**
   * @param head of the keys of the lists of tokens; a queue's name follows
   * @param heard gets the name of the queue of each token
   */
  RedisWaker(UnifiedJedis redis, String application, String head, Consumer<String> heard) {
    this.redis = redis;
    this.head = head;
    this.heard = heard;
    this.thread = new Thread(this::run, "perf-jobs-" + application + "-waker");
    thread.setDaemon(true);
  }

  /** A claim of this queue was not filled. */
  void unfilled(String queue) {
    lock.lock();
    try {
      if (hungry.add(queue)) {
        changed.signal();
      }
      if (!started && !closed) {
        started = true;
        thread.start();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    boolean failing = false;
    while (!closed) {
      try {
        Set<String> queues = awaitUnfilled();
        if (!queues.isEmpty()) {
          pop(queues);
          failing = false;
        }
      } catch (RuntimeException failed) {
        drop();
        if (!failing && !closed) {
          failing = true;
          LOG.warn("wake-ups are not heard, polling until they are: {}", failed.toString());
          LOG.debug("wake-ups are not heard", failed);
        }
        pause();
      }
    }
    drop();
  }

  private Set<String> awaitUnfilled() {
    lock.lock();
    try {
      while (hungry.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      return Set.copyOf(hungry);
    } finally {
      lock.unlock();
    }
  }

  private void pop(Set<String> queues) {
    Connection mine = connection;
    if (mine == null) {
      mine = RedisGuard.borrow(redis, key(queues.iterator().next()));
      mine.setSoTimeout(SOCKET_MILLIS);
      connection = mine;
      if (closed) {
        return;
      }
    }
    CommandArguments pop = new CommandArguments(Command.BLPOP);
    queues.forEach(queue -> pop.key(key(queue)));
    pop.add(BLOCK_SECONDS);
    if (mine.executeCommand(pop) instanceof List<?> reply && reply.get(1) instanceof byte[] name) {
      String queue = new String(name, US_ASCII);
      lock.lock();
      try {
        hungry.remove(queue);
      } finally {
        lock.unlock();
      }
      heard.accept(queue);
    }
  }

  private byte[] key(String queue) {
    return (head + queue).getBytes(US_ASCII);
  }

  private void pause() {
    lock.lock();
    try {
      long left = PAUSE_NANOS;
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException interrupted) {
      LOG.debug("the pause ends early", interrupted);
    } finally {
      lock.unlock();
    }
  }

  /** The pool gets no connection back that may still wait in a pop. */
  private void drop() {
    Connection mine = connection;
    connection = null;
    if (mine != null) {
      mine.setBroken();
      try {
        mine.close();
      } catch (RuntimeException down) { // the pool replaces the connection at once, and can't
        LOG.debug("the pool found no server", down);
      }
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      if (!started) {
        return;
      }
    } finally {
      lock.unlock();
    }
    Connection mine = connection;
    if (mine != null) {
      try {
        mine.forceDisconnect();
      } catch (IOException | RuntimeException gone) {
        LOG.debug("the connection was gone already", gone);
      }
    }
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
