package io.perfkit.monitoring.alert;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/** Posts alerts as JSON. Thread safe. Its messages name no address. */
final class WebhookSink implements AlertSink {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final URI address;
  private final Map<String, String> headers;
  private final HttpClient client;

  WebhookSink(URI address, Map<String, String> headers) {
    String scheme = address.getScheme();
    if (address.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
      throw new IllegalArgumentException(
          "address: of scheme '" + scheme + "' (expected: http or https, with a host)");
    }
    this.address = address;
    this.headers = Map.copyOf(headers);
    this.client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  }

  @Override
  public void send(AlertEvent event) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(event.json()));
    headers.forEach(request::setHeader);
    int status = client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    if (status / 100 != 2) {
      throw new IOException("the webhook answered " + status);
    }
  }

  @Override
  public String toString() {
    return "webhook";
  }
}
