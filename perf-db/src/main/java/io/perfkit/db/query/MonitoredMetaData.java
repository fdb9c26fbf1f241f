package io.perfkit.db.query;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;

/**
 * Metadata whose {@code getConnection} returns the monitored connection, not the driver's. A JDK
 * proxy: the interface has 170 methods and is seldom used.
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
                return method.invoke(delegate, arguments);
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }
}
