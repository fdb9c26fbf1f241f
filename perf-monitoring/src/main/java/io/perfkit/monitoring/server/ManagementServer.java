package io.perfkit.monitoring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.OptionalInt;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@link ManagementPages} on the JDK's HTTP server, on 127.0.0.1:6060 by default. Thread
 * safe. Keeps one thread, and up to {@link ServerConfig#maxThreads} while it answers.
 *
 * <p>{@code /metrics}, {@code /health}, {@code /health/live}, {@code /health/ready}, {@code
 * /health/startup}, {@code /health/details}, {@code /alerts}, {@code /panels/name}. Beyond loopback
 * everything but the probes needs the token and is not found without.
 */
public final class ManagementServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ManagementServer.class);

  private final ManagementPages pages;
  private final Admission admission;
  private final @Nullable HttpServer server;
  private final ThreadPoolExecutor threads;

  private ManagementServer(ServerConfig config, ManagementPages pages) {
    this.pages = requireNonNull(pages, "pages");
    InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
    InetAddress resolved = address.getAddress();
    boolean loopback = resolved != null && resolved.isLoopbackAddress();
    this.admission = new Admission(config, loopback);
    this.threads = threads(config.maxThreads());
    this.server = bind(address);
    if (server != null && !loopback && config.token().isEmpty()) {
      LOG.info("the management server has no token, so beyond loopback it serves health alone");
    }
  }

  private @Nullable HttpServer bind(InetSocketAddress address) {
    try {
      HttpServer bound = HttpServer.create(address, 0);
      bound.createContext("/", this::answer);
      bound.setExecutor(threads);
      bound.start();
      return bound;
    } catch (IOException e) {
      LOG.warn(
          "no management server on {}:{}: {}; the application goes on. Set ServerConfig.port, 0 for"
              + " a free one",
          address.getHostString(),
          address.getPort(),
          String.valueOf(e.getMessage()));
      return null;
    }
  }

  private static ThreadPoolExecutor threads(int max) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        max,
        30,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, "perf-monitoring-server-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * Starts a server. If the port is taken the application goes on without one, and a WARN says so.
   */
  public static ManagementServer start(ServerConfig config, ManagementPages pages) {
    return new ManagementServer(config, pages);
  }

  /** Where it listens; empty if it does not. */
  public OptionalInt port() {
    return server == null ? OptionalInt.empty() : OptionalInt.of(server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Page page = admission.refusal(exchange).orElseGet(() -> page(exchange));
      byte[] body = page.body().getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", page.contentType());
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(page.status(), head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private Page page(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    String accept = exchange.getRequestHeaders().getFirst("Accept");
    return switch (exchange.getRequestMethod()) {
      case "GET", "HEAD" -> pages.get(path, accept == null ? "" : accept);
      case "POST" -> run(path);
      default -> Page.text(405, "expected: GET, HEAD or POST");
    };
  }

  private Page run(String path) {
    String[] parts = path.split("/", -1);
    return parts.length == 4 && parts[1].equals("panels")
        ? pages.run(parts[2], parts[3])
        : Page.notFound();
  }

  /** Ends it and its threads. Close it last, so that probes see the end of the others. */
  @Override
  public void close() {
    if (server != null) {
      server.stop(0);
    }
    threads.shutdownNow();
  }
}
