package io.perfkit.examples.marketplace.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A host over real HTTP/1.1 with connections that are kept, one for each request under way. Stands
 * for the proxy before the host, and says of each request which client it forwards. Thread safe.
 */
final class HttpTarget implements Target, AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** So many that none of them asks often. */
  private static final int CLIENTS = 10_000;

  private final URI host;
  private final Supplier<String> client;
  private final ExecutorService executor;
  private final HttpClient http;

  /** A host whose clients take turns. */
  HttpTarget(URI host) {
    this(host, turns());
  }

  /** A host that one client asks. */
  static HttpTarget of(URI host, String client) {
    return new HttpTarget(host, () -> client);
  }

  private HttpTarget(URI host, Supplier<String> client) {
    this.host = host;
    this.client = client;
    this.executor =
        Executors.newFixedThreadPool(
            2,
            task -> {
              Thread thread = new Thread(task, "marketplace-load");
              thread.setDaemon(true);
              return thread;
            });
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .executor(executor)
            .build();
  }

  /** Addresses that are reserved for such tests. */
  private static Supplier<String> turns() {
    AtomicInteger turn = new AtomicInteger();
    return () -> {
      int number = Math.floorMod(turn.getAndIncrement(), CLIENTS);
      return "198.18." + number / 200 + "." + number % 200;
    };
  }

  @Override
  public CompletableFuture<Integer> send(Call call) {
    return send(call, BodyHandlers.discarding(), HttpResponse::statusCode);
  }

  /** This host, for readers who follow the links of its answers. */
  Target followed(NextLinks links) {
    return call ->
        links.mayFollow(call)
            ? send(
                call,
                BodyHandlers.ofString(UTF_8),
                answer -> {
                  links.answered(call, answer.body());
                  return answer.statusCode();
                })
            : send(call);
  }

  private <T> CompletableFuture<Integer> send(
      Call call, HttpResponse.BodyHandler<T> body, Function<HttpResponse<T>, Integer> read) {
    CompletableFuture<HttpResponse<T>> answer = http.sendAsync(request(call, null), body);
    CompletableFuture<Integer> status = answer.thenApply(read);
    var unused =
        status.whenComplete(
            (value, failure) -> {
              if (status.isCancelled()) {
                answer.cancel(true);
              }
            });
    return status;
  }

  /** Sends and waits for the whole answer. */
  HttpResponse<String> exchange(Call call) throws IOException, InterruptedException {
    return exchange(call, null);
  }

  /** As {@link #exchange(Call)}, with a cookie. */
  HttpResponse<String> exchange(Call call, @Nullable String cookie)
      throws IOException, InterruptedException {
    return http.send(request(call, cookie), BodyHandlers.ofString(UTF_8));
  }

  /** Sends without waiting, with a cookie; the future holds the whole answer. */
  CompletableFuture<HttpResponse<String>> ask(Call call, @Nullable String cookie) {
    return http.sendAsync(request(call, cookie), BodyHandlers.ofString(UTF_8));
  }

  private HttpRequest request(Call call, @Nullable String cookie) {
    HttpRequest.Builder request = HttpRequest.newBuilder(host.resolve(call.path()));
    request.timeout(TIMEOUT);
    request.header("X-Forwarded-For", client.get());
    if (cookie != null) {
      request.header("Cookie", cookie);
    }
    String body = call.body();
    if (body != null) {
      request.header("Content-Type", "application/json");
      request.POST(HttpRequest.BodyPublishers.ofString(body));
    }
    return request.build();
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
