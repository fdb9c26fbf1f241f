package io.perfkit.redis;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/**
 * What all lanes of one client share.
 *
 * @param background opens and returns connections, which may block longer than a caller's budget
 */
record LaneShared(
    Breaker breaker,
    Executor background,
    LongSupplier nanos,
    GuardConfig config,
    LaneCounters counters) {

  int maxWaiting() {
    return config.maxWaiting();
  }

  int budgetMillis() {
    return (int) Math.min(Integer.MAX_VALUE, config.budget().toMillis());
  }

  void giveBack(LaneConnection connection) {
    try {
      background.execute(connection::giveBack);
    } catch (RejectedExecutionException closed) {
      connection.giveBack();
    }
  }
}
