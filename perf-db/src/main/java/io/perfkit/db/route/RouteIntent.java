package io.perfkit.db.route;

/** Routing of a connection by the scope in which it was taken. */
enum RouteIntent {
  ANY,
  READ,
  WRITE
}
