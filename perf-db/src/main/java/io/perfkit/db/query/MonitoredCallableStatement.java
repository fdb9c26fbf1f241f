package io.perfkit.db.query;

import java.sql.CallableStatement;

/** A call of a procedure or function. */
final class MonitoredCallableStatement extends DelegatingCallableStatement {
  MonitoredCallableStatement(
      CallableStatement delegate, MonitoredConnection connection, Query query) {
    super(delegate, connection, query);
  }
}
