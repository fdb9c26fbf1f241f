package io.perfkit.db.query;

import java.sql.SQLException;
import java.sql.Wrapper;

/**
 * What stands before an object of the driver. It is asked for the interfaces of JDBC itself, for
 * anything else the driver's object is.
 */
abstract class Delegating<D extends Wrapper> implements Wrapper {
  final D delegate;

  Delegating(D delegate) {
    this.delegate = delegate;
  }

  @Override
  public final <T> T unwrap(Class<T> iface) throws SQLException {
    return iface.isInstance(this)
        ? iface.cast(this)
        : iface.isInstance(delegate) ? iface.cast(delegate) : delegate.unwrap(iface);
  }

  @Override
  public final boolean isWrapperFor(Class<?> iface) throws SQLException {
    return iface.isInstance(this) || iface.isInstance(delegate) || delegate.isWrapperFor(iface);
  }

  /** As the driver's object says it, for those who read the SQL from there. */
  @Override
  public String toString() {
    return delegate.toString();
  }
}
