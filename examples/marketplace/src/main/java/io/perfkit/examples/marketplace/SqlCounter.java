package io.perfkit.examples.marketplace;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;

/**
 * Counts the statements that leave through a {@code DataSource}, one for each call of an {@code
 * execute} method, and the time for which its connections are in use. Commit and rollback aren't
 * counted. A second opinion beside the query monitor, the same for both variants. Thread safe.
 */
final class SqlCounter {
  private final LongAdder statements = new LongAdder();
  private final LongAdder inUseNanos = new LongAdder();
  private final ThreadLocal<long[]> ofThread = ThreadLocal.withInitial(() -> new long[1]);

  /** A data source whose statements are counted here. */
  DataSource counting(DataSource database) {
    return wrap(
        DataSource.class,
        (proxy, method, arguments) -> {
          Object result = call(database, method, arguments);
          return result instanceof Connection connection ? counting(connection) : result;
        });
  }

  long total() {
    return statements.sum();
  }

  /** From borrowing a connection to giving it back, of all that were given back, together. */
  long inUseNanos() {
    return inUseNanos.sum();
  }

  /** The statements of the calling thread, ever. */
  long ofThisThread() {
    return ofThread.get()[0];
  }

  private Connection counting(Connection connection) {
    long borrowed = System.nanoTime();
    AtomicBoolean inUse = new AtomicBoolean(true);
    return wrap(
        Connection.class,
        (proxy, method, arguments) -> {
          Object result = call(connection, method, arguments);
          if (method.getName().equals("close") && inUse.compareAndSet(true, false)) {
            inUseNanos.add(System.nanoTime() - borrowed);
          }
          if (result instanceof PreparedStatement statement) {
            return wrap(PreparedStatement.class, executions(statement));
          }
          return result instanceof Statement statement
              ? wrap(Statement.class, executions(statement))
              : result;
        });
  }

  private InvocationHandler executions(Statement statement) {
    return (proxy, method, arguments) -> {
      if (method.getName().startsWith("execute")) {
        statements.increment();
        ofThread.get()[0]++;
      }
      return call(statement, method, arguments);
    };
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }

  private static <T> T wrap(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(SqlCounter.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
