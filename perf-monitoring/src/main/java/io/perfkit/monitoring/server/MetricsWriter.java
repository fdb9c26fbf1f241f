package io.perfkit.monitoring.server;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes all metrics in a format: {@code prometheus::scrape} of Micrometer's {@code
 * PrometheusMeterRegistry}.
 */
@FunctionalInterface
public interface MetricsWriter {

  /**
   * Writes.
   *
   * @param contentType {@code text/plain; version=0.0.4} for Prometheus text, or {@code
   *     application/openmetrics-text; version=1.0.0}
   * @throws IOException if it can't be written
   */
  void write(OutputStream out, String contentType) throws IOException;
}
