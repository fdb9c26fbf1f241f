package io.perfkit.monitoring.weave;

/** The aspect in form WRAPPED. */
final class WrappedMonitoredTest extends MonitoredContract {
  WrappedMonitoredTest() {
    super(Form.WRAPPED);
  }
}
