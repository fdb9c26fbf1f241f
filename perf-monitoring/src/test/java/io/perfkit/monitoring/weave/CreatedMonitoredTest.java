package io.perfkit.monitoring.weave;

/** The aspect in form CREATED. */
final class CreatedMonitoredTest extends MonitoredContract {
  CreatedMonitoredTest() {
    super(Form.CREATED);
  }
}
