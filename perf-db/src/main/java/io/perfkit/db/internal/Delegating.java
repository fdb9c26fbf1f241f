package io.perfkit.db.internal;

import java.sql.SQLException;
import java.sql.Wrapper;

/**
 * Stands in front of a JDBC object, such as the driver's. {@code unwrap} gives this one for the
 * interfaces of JDBC, and the object behind for any other type.
 *
 * @param <D> the interface of the object behind
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

  /** As the driver's object says it, for those who read the SQL from there. */
  @Override
  public String toString() {
    return delegate.toString();
  }
}
