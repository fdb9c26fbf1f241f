package io.perfkit.monitoring.server;

/**
 * An answer. Immutable.
 *
 * @param status of HTTP
 * @param contentType with its charset, UTF-8 always
 * @param body as text
 */
public record Page(int status, String contentType, String body) {
  static Page json(int status, String body) {
    return new Page(status, "application/json; charset=utf-8", body);
  }

  static Page text(int status, String body) {
    return new Page(status, "text/plain; charset=utf-8", body + "\n");
  }

  static Page notFound() {
    return text(404, "not found");
  }
}
