package io.perfkit.monitoring.weave;

/** The aspect in form INTERCEPTED. */
final class InterceptedMonitoredTest extends MonitoredContract {
  InterceptedMonitoredTest() {
    super(Form.INTERCEPTED);
  }
}
