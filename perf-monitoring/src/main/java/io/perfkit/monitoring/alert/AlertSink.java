package io.perfkit.monitoring.alert;

import java.net.URI;
import java.util.Map;

/**
 * Where alerts go. A sink is called by a thread of its own, one event at a time; while it fails or
 * hangs, later events of an alert take the place of earlier ones, and evaluation goes on.
 */
@FunctionalInterface
public interface AlertSink {

  /**
   * Delivers an event. May block.
   *
   * @throws Exception if it was not delivered: it is tried again, with the state of then
   */
  void send(AlertEvent event) throws Exception;

  /** Writes a line to the log of this class: WARN while it fires, INFO when it is resolved. */
  static AlertSink log() {
    return new LogSink();
  }

  /**
   * Posts {@link AlertEvent#json} with a time limit of 10 s; any status but 2xx is a failure.
   * Neither the address nor a header is ever logged.
   *
   * @param headers such as an authorization
   */
  static AlertSink webhook(URI address, Map<String, String> headers) {
    return new WebhookSink(address, headers);
  }
}
