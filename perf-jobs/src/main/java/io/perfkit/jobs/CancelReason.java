package io.perfkit.jobs;

/** Why a running job should stop. */
enum CancelReason {
  TIMEOUT("its time is up"),
  CANCELLED("it was cancelled"),
  LEASE_LOST("its node's lease expired, so another node may run it"),
  SHUTDOWN("its node shuts down");

  private final String words;

  CancelReason(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }
}
