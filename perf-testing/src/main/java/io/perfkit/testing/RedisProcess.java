package io.perfkit.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A private Redis server for faults that a shared one must not suffer: a process on a free loopback
 * port, without persistence, that ends with this JVM. Needs no JUnit. One thread at a time.
 *
 * <p>Its pid changes on {@link #restart}; its address never does.
 */
public final class RedisProcess implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final Duration START_DEADLINE = Duration.ofSeconds(20);
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);
  private static final int PORT_TRIES = 10;

  /** Protocol 2 explicitly: a plain {@link Jedis} logs a warning if it negotiates the protocol. */
  private static final JedisClientConfig ONE_CONNECTION =
      DefaultJedisClientConfig.builder()
          .protocol(RedisProtocol.RESP2)
          .timeoutMillis((int) Duration.ofSeconds(5).toMillis())
          .build();

  private final HostAndPort address;
  private final TempDirectory directory;
  private final List<String> options;
  private volatile Process process;

  private RedisProcess(int port, List<String> options) {
    this.address = new HostAndPort(HOST, port);
    this.options = List.copyOf(options);
    this.directory = TempDirectory.create("redis");
    this.process = launch();
    AtExit.close(this);
  }

  /**
   * Starts a server and blocks until it answers, well below a second.
   *
   * @throws IllegalStateException if it does not come up; the message holds the server's output
   */
  public static RedisProcess start() {
    return start(List.of());
  }

  /**
   * Starts a server whose data outlives {@link #kill} and {@link #restart}: it answers a write once
   * its log of writes is on the disk.
   *
   * @throws IllegalStateException if it does not come up
   */
  public static RedisProcess startDurable() {
    return start(List.of("--appendonly", "yes", "--appendfsync", "always"));
  }

  /** Starts a server with more options, each as on the command line of {@code redis-server}. */
  static RedisProcess start(List<String> options) {
    for (int tries = 1; ; tries++) {
      RedisProcess redis = new RedisProcess(Ports.free(), options);
      if (redis.awaitAnswer()) {
        return redis;
      }
      String output = redis.output();
      redis.close();
      if (!output.contains("Failed listening on port") || tries == PORT_TRIES) {
        throw new IllegalStateException("redis-server " + options + " did not start:\n" + output);
      }
    }
  }

  /** The address of the server, constant until it is closed, also while it is dead. */
  public HostAndPort address() {
    return address;
  }

  /** The process id of the server that was started last. */
  public long pid() {
    return process.pid();
  }

  /**
   * Ends the server as {@code kill -9} does and blocks until it is gone. Its data is lost, unless
   * it was started durable.
   */
  public void kill() {
    try {
      if (!process.destroyForcibly().waitFor(KILL_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("redis-server " + pid() + " survived kill -9");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while killing redis-server", interrupted);
    }
  }

  /**
   * Starts a new, empty server on the same port with the same options and blocks until it answers;
   * kills the old one first if it still lives. A durable one begins with the old one's data. A
   * cluster node and a sentinel keep their knowledge of the others.
   *
   * @throws IllegalStateException if it does not come up
   */
  public void restart() {
    kill();
    process = launch();
    if (!awaitAnswer()) {
      throw new IllegalStateException("redis-server did not restart:\n" + output());
    }
  }

  /**
   * Freezes the server (SIGSTOP): the kernel accepts connections, but the server answers nothing.
   */
  public void freeze() {
    signal("STOP");
  }

  /** Resumes a frozen server (SIGCONT): it now executes the commands sent in between. */
  public void thaw() {
    signal("CONT");
  }

  /** Kills the server and deletes its directory. A second call does nothing. */
  @Override
  public void close() {
    kill();
    directory.close();
    AtExit.forget(this);
  }

  /** One connection, for commands about the server itself; it waits at most 5 s for a reply. */
  Jedis connect() {
    return new Jedis(address, ONE_CONNECTION);
  }

  @Override
  public String toString() {
    return "RedisProcess[" + address + ", pid " + pid() + "]";
  }

  private Process launch() {
    List<String> command = new ArrayList<>();
    command.add(RedisBinary.path().toString());
    // Cluster nodes and sentinels rewrite their file; to a plain server an empty one is no harm.
    command.add(configFile().toString());
    command.addAll(List.of("--port", Integer.toString(address.getPort()), "--bind", HOST));
    command.addAll(List.of("--dir", directory.path().toString()));
    command.addAll(List.of("--save", "", "--appendonly", "no"));
    command.addAll(options);
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
          .start();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot run " + command.get(0), failed);
    }
  }

  private Path configFile() {
    Path file = directory.file("redis.conf");
    try {
      if (!Files.exists(file)) {
        Files.createFile(file);
      }
      return file;
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + file, failed);
    }
  }

  private Path logFile() {
    return directory.file("redis.log");
  }

  /** False if the process ended or stayed silent. */
  private boolean awaitAnswer() {
    return Await.holdsWithin(START_DEADLINE, () -> !process.isAlive() || answers())
        && process.isAlive();
  }

  /** Compares the pid, so that another server on the same port does not count as this one. */
  private boolean answers() {
    try (Jedis jedis = connect()) {
      return jedis.info("server").lines().anyMatch(("process_id:" + pid())::equals);
    } catch (JedisException notYet) {
      return false;
    }
  }

  private String output() {
    try {
      return Files.readString(logFile(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      return "(no output: " + failed + ")";
    }
  }

  private void signal(String name) {
    String command = "kill -" + name + " " + pid();
    try {
      // The shell's own kill: a bare machine need not have the program.
      int exit = new ProcessBuilder("sh", "-c", command).start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException(command + ": exit code " + exit);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(command, failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted: " + command, interrupted);
    }
  }
}
