package io.perfkit.testing;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import redis.clients.jedis.HostAndPort;

/**
 * A fault-injecting TCP proxy on a loopback port, for any protocol. Thread safe; a fault applies to
 * every byte that the proxy reads after the method returned.
 *
 * <p>At most one of {@link #cut}, {@link #blackHole} and {@link #dropReplies} is in force, the one
 * called last; {@link #delay} adds to it; {@link #heal} ends all. A connection that lost bytes is
 * closed when that fault ends, since what follows a gap would be garbage.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int CHUNK_BYTES = 16 * 1024;
  private static final int PORT_TRIES = 10;
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  private static final Duration LISTEN_DEADLINE = Duration.ofSeconds(30);

  private enum Fault {
    NONE,
    CUT,
    BLACK_HOLE,
    DROP_REPLIES
  }

  private enum Direction {
    REQUEST,
    REPLY
  }

  /* Invariants
   * I1  the loss of a chunk is decided and noted in its link under `lock`; so a change of the fault
   *     finds every link with a gap, and nothing passes such a link after the fault.
   * I2  while the fault is CUT or the proxy is closed, there is no listener and no link.
   * No socket is read, written or connected under `lock`. */
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Set<Link> links = new HashSet<>();

  @GuardedBy("lock")
  private Fault fault = Fault.NONE;

  @GuardedBy("lock")
  private ServerSocket listener;

  /** Of {@link #listener}. */
  @GuardedBy("lock")
  private Thread acceptor;

  @GuardedBy("lock")
  private boolean closed;

  private volatile Duration delay = Duration.ZERO;
  private final HostAndPort target;
  private final HostAndPort address;

  private FaultProxy(HostAndPort target, ServerSocket listener) {
    this.target = target;
    this.address =
        new HostAndPort(listener.getInetAddress().getHostAddress(), listener.getLocalPort());
    this.listener = listener;
    this.acceptor = acceptFrom(listener);
  }

  /** A proxy that forwards everything to {@code target}, which need not run yet. */
  public static FaultProxy to(HostAndPort target) {
    requireNonNull(target, "target");
    for (int tries = 1; ; tries++) {
      try {
        return new FaultProxy(target, listen(Ports.free()));
      } catch (UncheckedIOException taken) {
        if (tries == PORT_TRIES) {
          throw taken;
        }
      }
    }
  }

  /**
   * The address that clients connect to instead of the target; constant until the proxy is closed.
   */
  public HostAndPort address() {
    return address;
  }

  /**
   * Delays each chunk, of up to 16 KiB, in each direction: a small request and its reply take twice
   * the delay in all.
   *
   * @param perChunk zero for no delay
   */
  public void delay(Duration perChunk) {
    if (perChunk.isNegative()) {
      throw new IllegalArgumentException("perChunk: " + perChunk + " (expected: not negative)");
    }
    delay = perChunk;
  }

  /** Closes all connections and refuses new ones. */
  public void cut() {
    become(Fault.CUT);
  }

  /**
   * Accepts connections and keeps the open ones, but nothing arrives any more, in any direction.
   */
  public void blackHole() {
    become(Fault.BLACK_HOLE);
  }

  /** Requests arrive and are executed, but no reply arrives, nor the end of the stream. */
  public void dropReplies() {
    become(Fault.DROP_REPLIES);
  }

  /**
   * Ends the stream of replies of all connections that were used before: their clients read end of
   * stream, while what they write still arrives. New connections are intact; {@link #heal} does not
   * repair old ones.
   */
  public void halfClose() {
    List<Link> open;
    synchronized (lock) {
      open = List.copyOf(links);
      open.forEach(link -> link.repliesEnded = true);
    }
    open.forEach(Link::endReplies);
  }

  /** Ends every fault and delay. Connections that lost bytes are closed, the others go on. */
  public void heal() {
    delay = Duration.ZERO;
    become(Fault.NONE);
  }

  /** Open connections that have lost bytes. */
  int gaps() {
    synchronized (lock) {
      return (int) links.stream().filter(link -> link.lostBytes).count();
    }
  }

  /** Closes all connections and the port permanently. A second call does nothing. */
  @Override
  public void close() {
    List<Link> dropped;
    Thread listening;
    synchronized (lock) {
      closed = true;
      dropped = takeLinks(link -> true);
      closeQuietly(listener);
      listening = acceptor;
    }
    dropped.forEach(Link::close);
    awaitEnd(listening);
  }

  private void become(Fault next) {
    List<Link> dropped;
    Thread listening;
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the proxy is closed");
      }
      fault = next;
      dropped = takeLinks(link -> next == Fault.CUT || link.lostBytes);
      if (next == Fault.CUT) {
        closeQuietly(listener);
      } else if (listener.isClosed()) {
        listener = listenAgain(address.getPort());
        acceptor = acceptFrom(listener);
      }
      listening = acceptor;
    }
    dropped.forEach(Link::close);
    if (next == Fault.CUT) {
      awaitEnd(listening);
    }
  }

  /**
   * The kernel completes connections to a closed listener for as long as a thread waits in it, so
   * the port refuses only once its acceptor is gone.
   */
  private static void awaitEnd(Thread acceptor) {
    Await.until("nobody accepts any more", LISTEN_DEADLINE, () -> !acceptor.isAlive());
  }

  @GuardedBy("lock")
  private List<Link> takeLinks(Predicate<Link> which) {
    List<Link> taken = new ArrayList<>(links);
    taken.removeIf(which.negate());
    taken.forEach(links::remove);
    return taken;
  }

  /** Whether the next chunk of a link may go on; if not, the link has lost it (I1). */
  private boolean passes(Link link, Direction direction) {
    synchronized (lock) {
      boolean over = link.repliesEnded && direction == Direction.REPLY;
      if (over || !links.contains(link)) {
        return false;
      }
      boolean dropped =
          fault == Fault.BLACK_HOLE
              || (fault == Fault.DROP_REPLIES && direction == Direction.REPLY);
      if (dropped) {
        link.lostBytes = true;
      }
      return !dropped;
    }
  }

  /**
   * Binds the port again, with retries: another process may have held it meanwhile, if only to
   * probe it.
   */
  private static ServerSocket listenAgain(int port) {
    AtomicReference<ServerSocket> socket = new AtomicReference<>();
    AtomicReference<UncheckedIOException> failure = new AtomicReference<>();
    boolean listens =
        Await.holdsWithin(
            LISTEN_DEADLINE,
            () -> {
              try {
                socket.set(listen(port));
                return true;
              } catch (UncheckedIOException e) {
                failure.set(e);
                return false;
              }
            });
    if (!listens) {
      throw requireNonNull(failure.get());
    }
    return requireNonNull(socket.get());
  }

  private static ServerSocket listen(int port) {
    try {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return socket;
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot listen on port " + port, failed);
    }
  }

  private Thread acceptFrom(ServerSocket from) {
    return start(
        "accept",
        () -> {
          while (!from.isClosed()) {
            try {
              connect(from.accept());
            } catch (IOException listenerClosed) {
              closeQuietly(from);
            }
          }
        });
  }

  private void connect(Socket client) {
    Socket server = new Socket();
    Link link = new Link(client, server);
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(
          new InetSocketAddress(target.getHost(), target.getPort()), CONNECT_TIMEOUT_MILLIS);
    } catch (IOException unreachable) {
      link.close();
      return;
    }
    synchronized (lock) {
      if (!closed && fault != Fault.CUT) { // I2
        links.add(link);
        start("request", () -> pump(link, Direction.REQUEST, client, server));
        start("reply", () -> pump(link, Direction.REPLY, server, client));
        return;
      }
    }
    link.close();
  }

  private void pump(Link link, Direction direction, Socket from, Socket to) {
    byte[] chunk = new byte[CHUNK_BYTES];
    try {
      for (int n = from.getInputStream().read(chunk); n >= 0; ) {
        awaitDelay(link);
        if (passes(link, direction)) {
          write(chunk, n, link, direction, to);
        }
        n = from.getInputStream().read(chunk);
      }
      if (passes(link, direction)) {
        to.shutdownOutput();
      }
      if (link.openDirections.decrementAndGet() == 0) {
        drop(link);
      }
    } catch (IOException broken) {
      drop(link);
    }
  }

  private static void write(byte[] chunk, int length, Link link, Direction direction, Socket to)
      throws IOException {
    try {
      to.getOutputStream().write(chunk, 0, length);
    } catch (IOException failed) {
      // The half-close came between the decision and the write: only this direction is over.
      if (direction == Direction.REQUEST || !link.repliesEnded) {
        throw failed;
      }
    }
  }

  private void awaitDelay(Link link) {
    Duration wanted = delay;
    if (!wanted.isZero()) {
      Await.holdsWithin(wanted, () -> link.isClosed() || !delay.equals(wanted));
    }
  }

  private void drop(Link link) {
    synchronized (lock) {
      links.remove(link);
    }
    link.close();
  }

  private Thread start(String what, Runnable body) {
    Thread thread = new Thread(body, "perf-testing-proxy-" + address.getPort() + "-" + what);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception failed) {
      // The socket is of no more use, and its descriptor is released all the same.
    }
  }

  /** A client's connection together with the proxy's connection to the target. */
  private static final class Link {
    private final Socket client;
    private final Socket server;
    private final AtomicInteger openDirections = new AtomicInteger(Direction.values().length);

    /** Written under the proxy's lock only (I1). */
    private volatile boolean lostBytes;

    private volatile boolean repliesEnded;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void endReplies() {
      try {
        client.shutdownOutput();
      } catch (IOException closedMeanwhile) {
        close();
      }
    }

    boolean isClosed() {
      return client.isClosed();
    }

    void close() {
      closeQuietly(client);
      closeQuietly(server);
    }
  }
}
