package io.perfkit.db.route;

/** Says until it is closed, on the thread that opened it, where connections lead. */
@FunctionalInterface
public interface RoutingScope extends AutoCloseable {
  /** On the thread that opened it; what held before holds again. */
  @Override
  void close();
}
