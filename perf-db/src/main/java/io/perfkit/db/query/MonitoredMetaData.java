package io.perfkit.db.query;

import io.perfkit.db.internal.OwnedResultSet;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import org.jspecify.annotations.Nullable;

/**
 * Metadata whose {@code getConnection} returns the monitored connection, not the driver's, and
 * whose results lead to no statement of the driver. A JDK proxy: the interface has 170 methods and
 * is seldom used.
 */
final class MonitoredMetaData {
  private MonitoredMetaData() {}

  static DatabaseMetaData of(DatabaseMetaData delegate, Connection connection) {
    return (DatabaseMetaData)
        Proxy.newProxyInstance(
            DatabaseMetaData.class.getClassLoader(),
            new Class<?>[] {DatabaseMetaData.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getConnection")) {
                return connection;
              }
              if (method.getName().equals("equals")) {
                return proxy == arguments[0];
              }
              try {
                @Nullable Object answer = method.invoke(delegate, arguments);
                return answer instanceof ResultSet rows ? new OwnedResultSet(rows, null) : answer;
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }
}
