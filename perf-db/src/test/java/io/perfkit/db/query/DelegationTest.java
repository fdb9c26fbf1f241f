package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every method of the interfaces of JDBC reaches the driver with what was given to it. */
final class DelegationTest {
  private static final int NEWEST_KNOWN = 17; // whose interfaces the wrappers implement

  private final QueryMonitor monitor = QueryMonitor.create();
  private final Recorder recorder = new Recorder();
  private final MonitoredConnection connection =
      new MonitoredConnection(recorder.of(Connection.class), monitor.executions(), "");
  private final Query query = monitor.executions().query("select 1");

  @AfterEach
  void close() {
    monitor.close();
  }

  /** A driver that does nothing but remember what it was asked. */
  private static final class Recorder {
    final List<String> calls = new ArrayList<>();

    <T> T of(Class<T> type) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) -> {
                calls.add(name(method, arguments));
                return result(method.getReturnType());
              }));
    }

    private Object result(Class<?> type) {
      return type.isInterface() ? of(type) : argument(type);
    }
  }

  private static String name(Method method, Object[] arguments) {
    List<String> given = new ArrayList<>();
    for (Object argument : arguments == null ? new Object[0] : arguments) {
      given.add(
          argument == null ? "null" : argument.getClass().isArray() ? "array" : text(argument));
    }
    return method.getName() + Arrays.toString(method.getParameterTypes()) + given;
  }

  private static String text(Object argument) {
    return Proxy.isProxyClass(argument.getClass()) ? "proxy" : argument.toString();
  }

  private static Object argument(Class<?> type) {
    if (type == int.class) {
      return 3;
    } else if (type == long.class) {
      return 4L;
    } else if (type == short.class) {
      return (short) 5;
    } else if (type == byte.class) {
      return (byte) 6;
    } else if (type == float.class) {
      return 7f;
    } else if (type == double.class) {
      return 8d;
    } else if (type == boolean.class) {
      return true;
    } else if (type == String.class) {
      return "text";
    } else if (type == int[].class) {
      return new int[] {1};
    } else if (type == long[].class) {
      return new long[] {1};
    }
    return null;
  }

  @Test
  void ofAConnection() throws Exception {
    assertDelegates(Connection.class, connection);
  }

  @Test
  void ofStatements() throws Exception {
    assertDelegates(
        Statement.class,
        new MonitoredStatement<>(recorder.of(Statement.class), connection.executions(), query));
    assertDelegates(
        PreparedStatement.class,
        new MonitoredPreparedStatement<>(
            recorder.of(PreparedStatement.class), connection.executions(), query));
    assertDelegates(
        CallableStatement.class,
        new MonitoredCallableStatement(
            recorder.of(CallableStatement.class), connection.executions(), query));
  }

  @Test
  void ofResults() throws Exception {
    MonitoredStatement<?> statement =
        new MonitoredStatement<>(recorder.of(Statement.class), connection.executions(), query);
    for (MonitoredResultSet rows :
        List.of(
            new MonitoredResultSet(recorder.of(ResultSet.class), statement),
            new CountingResultSet(recorder.of(ResultSet.class), statement),
            new FetchTimingResultSet(recorder.of(ResultSet.class), statement, System::nanoTime))) {
      assertDelegates(ResultSet.class, rows);
    }
  }

  @Test
  void ofADataSource() throws Exception {
    assertDelegates(
        DataSource.class,
        new MonitoredDataSource(recorder.of(DataSource.class), monitor.executions(), ""));
    assertDelegates(
        ConnectionBuilder.class,
        new MonitoredConnectionBuilder(
            recorder.of(ConnectionBuilder.class), monitor.executions(), ""));
  }

  @Test
  void ofMetaData() throws Exception {
    java.sql.DatabaseMetaData metaData =
        MonitoredMetaData.of(recorder.of(java.sql.DatabaseMetaData.class), connection);
    assertThat(metaData.getConnection()).isSameAs(connection);
    assertThat(metaData.getURL()).isEqualTo("text");
    assertThat(metaData.equals(metaData)).isTrue();
    assertThat(metaData.isWrapperFor(String.class)).isTrue();
  }

  private void assertDelegates(Class<?> type, Object wrapper) throws Exception {
    int checked = 0;
    for (Method method : type.getMethods()) {
      if (Modifier.isStatic(method.getModifiers()) || isNewer(method, wrapper)) {
        continue;
      }
      if (method.getName().equals("unwrap") || method.getName().equals("isWrapperFor")) {
        continue; // answered by the wrapper itself
      }
      Object[] arguments =
          Arrays.stream(method.getParameterTypes()).map(DelegationTest::argument).toArray();
      recorder.calls.clear();
      try {
        Object unused = method.invoke(wrapper, arguments);
      } catch (InvocationTargetException e) {
        throw new AssertionError(type.getSimpleName() + "." + method, e.getCause());
      }
      assertThat(recorder.calls).as("%s", method).contains(name(method, arguments));
      checked++;
    }
    assertThat(checked).as("%s", type).isPositive();
  }

  /** A default method that came after the interfaces that the wrappers know. */
  private static boolean isNewer(Method method, Object wrapper) throws NoSuchMethodException {
    return Runtime.version().feature() > NEWEST_KNOWN
        && wrapper
            .getClass()
            .getMethod(method.getName(), method.getParameterTypes())
            .getDeclaringClass()
            .isInterface();
  }

  @Test
  void unwrapsHonestly() throws SQLException {
    Connection driver = recorder.of(Connection.class);
    MonitoredConnection wrapper = new MonitoredConnection(driver, monitor.executions(), "");

    assertThat(wrapper.unwrap(Connection.class)).isSameAs(wrapper);
    assertThat(wrapper.isWrapperFor(Connection.class)).isTrue();
    assertThat(wrapper.unwrap(driver.getClass())).isSameAs(driver);
    assertThat(wrapper.isWrapperFor(driver.getClass())).isTrue();
  }
}
