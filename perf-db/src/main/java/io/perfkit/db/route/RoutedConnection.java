package io.perfkit.db.route;

import io.perfkit.db.route.ReplicaRouter.Lease;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A connection that takes one of a node when the first statement needs it, and then knows which: a
 * replica's for reads, the primary's for all else. A read whose session wrote after its replica was
 * taken goes to the primary. Settings made before are kept and made on each connection that it
 * takes. One thread at a time.
 */
final class RoutedConnection implements InvocationHandler {
  private final ReplicaRouter router;
  private final ReplicaRouter.Intent intent;
  private final @Nullable ReadYourWrites ownWrites;
  private final Map<String, Setting> settings = new LinkedHashMap<>();
  private @Nullable Lease primary;
  private @Nullable Lease reader;
  private @Nullable Lease left;
  private boolean readOnly;
  private boolean autoCommit = true;
  private boolean inTransaction; // of the reader
  private boolean closed;

  private record Setting(Method method, Object argument) {}

  private RoutedConnection(
      ReplicaRouter router, ReplicaRouter.Intent intent, @Nullable ReadYourWrites ownWrites) {
    this.router = router;
    this.intent = intent;
    this.ownWrites = ownWrites;
  }

  static Connection open(
      ReplicaRouter router, ReplicaRouter.Intent intent, @Nullable ReadYourWrites ownWrites) {
    return (Connection)
        Proxy.newProxyInstance(
            RoutedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new RoutedConnection(router, intent, ownWrites));
  }

  @Override
  public @Nullable Object invoke(Object self, Method method, Object @Nullable [] given)
      throws Throwable {
    Object[] arguments = given == null ? new Object[0] : given;
    return switch (method.getName()) {
      case "close" -> close();
      case "isClosed" -> closed;
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> self == arguments[0];
      case "toString" -> "RoutedConnection[primary=" + primary + ", reader=" + reader + "]";
      default -> invokeOpen(self, method, arguments);
    };
  }

  private @Nullable Object invokeOpen(Object self, Method method, Object[] arguments)
      throws SQLException {
    if (closed) {
      throw new SQLNonTransientConnectionException("the connection is closed", "08003");
    }
    return switch (method.getName()) {
      case "isReadOnly" -> readOnly;
      case "getAutoCommit" -> autoCommit;
      case "setReadOnly", "setAutoCommit", "setTransactionIsolation" -> set(method, arguments[0]);
      case "commit", "rollback" -> end(method, arguments);
      case "isWrapperFor" ->
          ((Class<?>) arguments[0]).isInstance(self)
              || current().connection().isWrapperFor((Class<?>) arguments[0]);
      case "unwrap" ->
          ((Class<?>) arguments[0]).isInstance(self)
              ? self
              : call(current().connection(), method, arguments);
      case "prepareStatement" -> call(lease((String) arguments[0]).connection(), method, arguments);
      default -> call(current().connection(), method, arguments);
    };
  }

  /** Where the connection leads as it is set now. */
  private Lease current() throws SQLException {
    return intent != ReplicaRouter.Intent.WRITE && (readOnly || intent == ReplicaRouter.Intent.READ)
        ? reader()
        : primary();
  }

  private Lease lease(String sql) throws SQLException {
    boolean onItsOwn =
        intent == ReplicaRouter.Intent.ANY
            && autoCommit
            && primary == null
            && router.routesStatements();
    return onItsOwn && ReadOnlySql.test(sql) ? reader() : current();
  }

  private Lease primary() throws SQLException {
    Lease lease = primary;
    if (lease == null) {
      lease = prepared(router.leasePrimary(ownWrites));
      primary = lease;
    }
    return lease;
  }

  private Lease reader() throws SQLException {
    Lease lease = reader;
    if (lease == null) {
      lease = prepared(router.leaseReader(ownWrites));
    } else if (!inTransaction && !router.seesAll(lease, ownWrites)) {
      Lease behind = lease;
      lease = prepared(router.leaseReaderOnPrimary());
      left = behind; // the session wrote meanwhile; what was read here may still be looked at
    }
    reader = lease;
    inTransaction = !autoCommit;
    return lease;
  }

  private Lease prepared(Lease lease) throws SQLException {
    try {
      if (lease.reads()) {
        lease.connection().setReadOnly(true);
      }
      for (Setting setting : settings.values()) {
        make(setting, lease);
      }
      return lease;
    } catch (SQLException | RuntimeException refused) {
      lease.close();
      throw refused;
    }
  }

  /** What only reads stays read-only, whatever the connection is set to. */
  private static void make(Setting setting, Lease lease) throws SQLException {
    if (!lease.reads() || !setting.method().getName().equals("setReadOnly")) {
      call(lease.connection(), setting.method(), new Object[] {setting.argument()});
    }
  }

  private @Nullable Object set(Method method, Object argument) throws SQLException {
    Setting setting = new Setting(method, argument);
    for (Lease lease : leases()) {
      make(setting, lease);
    }
    settings.put(method.getName(), setting); // none has refused it
    if (method.getName().equals("setReadOnly")) {
      readOnly = (boolean) argument;
    } else if (method.getName().equals("setAutoCommit")) {
      autoCommit = (boolean) argument;
      inTransaction &= !autoCommit;
      leases().forEach(lease -> lease.ended().run()); // a transaction under way was committed
    }
    return null;
  }

  private @Nullable Object end(Method method, Object[] arguments) throws SQLException {
    for (Lease lease : leases()) {
      try {
        call(lease.connection(), method, arguments);
      } finally {
        lease.ended().run(); // also after a failure: it may be committed all the same
      }
    }
    inTransaction = false;
    return null;
  }

  private List<Lease> leases() {
    return Stream.of(Optional.ofNullable(reader), Optional.ofNullable(primary))
        .flatMap(Optional::stream)
        .toList();
  }

  private @Nullable Object close() throws SQLException {
    closed = true;
    List<Lease> out = new ArrayList<>(leases());
    Optional.ofNullable(left).ifPresent(out::add);
    left = null;
    reader = null;
    primary = null;
    SQLException failure = null;
    for (Lease lease : out) {
      try {
        lease.close();
      } catch (SQLException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return null;
  }

  private static @Nullable Object call(Object target, Method method, Object[] arguments)
      throws SQLException {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(method.getName(), e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(method + " of a public interface", e);
    }
  }
}
