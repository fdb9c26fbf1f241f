package io.perfkit.benchmarks;

import static net.bytebuddy.matcher.ElementMatchers.any;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.returns;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import javax.sql.DataSource;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.implementation.StubMethod;

/**
 * A driver that does nothing, so that what is measured is what stands before it: every query has a
 * row more, and each call gives the same objects.
 */
final class StubDriver {
  private StubDriver() {}

  static DataSource dataSource() {
    ResultSet rows = stub(ResultSet.class, "next", true);
    PreparedStatement statement = stub(PreparedStatement.class, "executeQuery", rows);
    Connection connection = stub(Connection.class, "prepareStatement", statement);
    return stub(DataSource.class, "getConnection", connection);
  }

  /** Of which one method gives something, and all others nothing. */
  private static <T> T stub(Class<T> type, String method, Object value) {
    // A stub names the class of what it gives.
    Class<?> seen = value instanceof Boolean ? StubDriver.class : value.getClass();
    try {
      return new ByteBuddy()
          .subclass(type)
          .method(any())
          .intercept(StubMethod.INSTANCE)
          .method(named(method).and(returns(value instanceof Boolean ? named("boolean") : any())))
          .intercept(FixedValue.value(value))
          .make()
          .load(seen.getClassLoader())
          .getLoaded()
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a stub of " + type, e);
    }
  }
}
