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

/**
 * A host over real HTTP/1.1 with connections that are kept, one for each request under way. Thread
 * safe.
 */
final class HttpTarget implements Target, AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final URI host;
  private final ExecutorService executor;
  private final HttpClient client;

  HttpTarget(URI host) {
    this.host = host;
    this.executor =
        Executors.newFixedThreadPool(
            2,
            task -> {
              Thread thread = new Thread(task, "marketplace-load");
              thread.setDaemon(true);
              return thread;
            });
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .executor(executor)
            .build();
  }

  @Override
  public CompletableFuture<Integer> send(Call call) {
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request(call), BodyHandlers.discarding());
    CompletableFuture<Integer> status = answer.thenApply(HttpResponse::statusCode);
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
    return client.send(request(call), BodyHandlers.ofString(UTF_8));
  }

  private HttpRequest request(Call call) {
    HttpRequest.Builder request = HttpRequest.newBuilder(host.resolve(call.path()));
    request.timeout(TIMEOUT);
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
