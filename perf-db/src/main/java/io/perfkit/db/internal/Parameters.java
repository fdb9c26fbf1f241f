package io.perfkit.db.internal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Binds a host's values as parameters of a statement. */
public final class Parameters {
  private Parameters() {}

  /** Binds the values in order, from the first parameter on. */
  public static void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      bind(statement, i + 1, values[i]);
    }
  }

  /** As {@code setObject}, but also accepts an {@link Instant}, which drivers refuse. */
  public static void bind(PreparedStatement statement, int index, @Nullable Object value)
      throws SQLException {
    statement.setObject(index, forDriver(value));
  }

  /** The same value in a class that drivers accept. */
  public static @Nullable Object forDriver(@Nullable Object value) {
    return value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value;
  }
}
