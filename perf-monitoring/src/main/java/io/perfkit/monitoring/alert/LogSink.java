package io.perfkit.monitoring.alert;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes alerts to the log. Thread safe. */
final class LogSink implements AlertSink {
  private static final Logger LOG = LoggerFactory.getLogger(AlertSink.class);

  @Override
  public void send(AlertEvent event) {
    if (event.state() == AlertState.INACTIVE) {
      LOG.info("{}", event.text());
    } else {
      LOG.warn("{}", event.text());
    }
  }
}
