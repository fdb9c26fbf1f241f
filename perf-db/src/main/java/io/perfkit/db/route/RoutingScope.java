package io.perfkit.db.route;

/** Determines, on the thread that opened it and until it is closed, where connections lead. */
@FunctionalInterface
public interface RoutingScope extends AutoCloseable {
  /** Ends the scope, on the thread that opened it; the scope before applies again. */
  @Override
  void close();
}
