package io.perfkit.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import redis.clients.jedis.Connection;
import redis.clients.jedis.util.Pool;

/** The lanes to one server. Thread safe. */
final class Lanes {
  private final List<Lane> lanes;

  /**
   * @param pool the client's pool of that server now; throws if the client has none
   */
  Lanes(Supplier<Pool<Connection>> pool, LaneShared shared) {
    List<Lane> all = new ArrayList<>();
    for (int i = 0; i < shared.config().lanes(); i++) {
      all.add(new Lane(pool, shared));
    }
    this.lanes = List.copyOf(all);
  }

  /** Runs the call in an idle lane, or else in the lane of its thread's id. */
  void run(LaneCall call) {
    int first = (int) (Thread.currentThread().getId() % lanes.size());
    for (int i = 0; i < lanes.size(); i++) {
      if (lanes.get((first + i) % lanes.size()).runIfIdle(call)) {
        return;
      }
    }
    lanes.get(first).run(call);
  }

  int waiting() {
    return lanes.stream().mapToInt(Lane::waiting).sum();
  }

  int leading() {
    return (int) lanes.stream().filter(Lane::isLed).count();
  }

  /** As {@link Lane#tend}, for all of them. */
  long tend(long now) {
    return lanes.stream().mapToLong(lane -> lane.tend(now)).min().orElse(Long.MAX_VALUE);
  }

  void close() {
    lanes.forEach(Lane::close);
  }
}
