package io.perfkit.db.internal;

import java.sql.SQLException;
import java.sql.Wrapper;

/**
 * Wraps a JDBC object, such as the driver's. {@code unwrap} returns this wrapper for the interfaces
 * of JDBC, and the wrapped object for any other type.
 *
 * @param <D> the interface of the wrapped object
 */
public abstract class Delegating<D extends Wrapper> implements Wrapper {
  protected final D delegate;

  protected Delegating(D delegate) {
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

  /** The text of the driver's object, for callers that read the SQL from it. */
  @Override
  public String toString() {
    return delegate.toString();
  }
}
