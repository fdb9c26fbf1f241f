package io.perfkit.db.route;

/** Where a connection may lead, by the scope in which it was taken. */
enum RouteIntent {
  ANY,
  READ,
  WRITE
}
