package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.OwnedResultSet;
import java.io.InputStream;
import java.io.Reader;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A statement of a {@link RoutedConnection}, which chooses its node at each execution. Its settings
 * and parameters are replayed there. One thread at a time.
 */
final class RoutedStatement implements InvocationHandler {
  private static final Set<String> WITHOUT_A_SERVER =
      Set.of("getMaxRows", "getFetchSize", "getQueryTimeout");

  private final Connection connection;
  private final RoutedConnection routed;
  private final Method maker;
  private final @Nullable Object[] makerArguments;
  private final @Nullable String sql; // of a prepared statement

  /** Recorded setters, by method and parameter. */
  private final Map<String, Call> calls = new LinkedHashMap<>();

  /** Parameters that can be read once, which the statement gets when its node is chosen. */
  private final Map<String, Call> streams = new LinkedHashMap<>();

  private final List<Statement> replaced = new ArrayList<>();
  private @Nullable NodeConnection node;
  private @Nullable Statement made;
  private boolean closed;

  private record Call(Method method, List<@Nullable Object> arguments) {}

  private RoutedStatement(
      Connection connection,
      RoutedConnection routed,
      Method maker,
      @Nullable Object[] makerArguments) {
    this.connection = connection;
    this.routed = routed;
    this.maker = maker;
    this.makerArguments = makerArguments;
    this.sql = maker.getName().equals("createStatement") ? null : (String) makerArguments[0];
  }

  static Statement open(
      Connection connection,
      RoutedConnection routed,
      Method maker,
      @Nullable Object[] makerArguments)
      throws SQLException {
    RoutedStatement statement = new RoutedStatement(connection, routed, maker, makerArguments);
    if (statement.sql != null) { // what is wrong with it is said now
      var unused = statement.on(statement.chosen(statement.sql));
    }
    Class<? extends Statement> type =
        switch (maker.getName()) {
          case "createStatement" -> Statement.class;
          case "prepareStatement" -> PreparedStatement.class;
          default -> CallableStatement.class;
        };
    return RoutedConnection.proxy(type, statement);
  }

  @Override
  public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] given)
      throws Throwable {
    @Nullable Object[] arguments = given == null ? new Object[0] : given;
    return switch (method.getName()) {
      case "close" -> close();
      case "isClosed" -> isClosed();
      case "getConnection" -> connection;
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> self == arguments[0];
      case "toString" -> toString();
      case "unwrap" -> isOne(self, arguments) ? self : invokeOpen(method, arguments);
      case "isWrapperFor" -> isOne(self, arguments) ? true : invokeOpen(method, arguments);
      default -> {
        @Nullable Object answer = invokeOpen(method, arguments);
        yield answer instanceof ResultSet rows
            ? new OwnedResultSet(rows, (Statement) self)
            : answer;
      }
    };
  }

  private static boolean isOne(Object self, @Nullable Object[] arguments) {
    return ((Class<?>) requireNonNull(arguments[0])).isInstance(self);
  }

  private @Nullable Object invokeOpen(Method method, @Nullable Object[] arguments)
      throws SQLException {
    String name = method.getName();
    if (closed) {
      throw new SQLException("the statement is closed", "55000");
    }
    if (name.equals("addBatch")) {
      return ConnectionSetting.call(withStreams(onPrimary()), method, deferredMade(arguments));
    }
    if (name.startsWith("execute")) {
      return name.endsWith("Batch")
          ? ConnectionSetting.call(made == null ? onPrimary() : made, method, arguments)
          : execute(method, arguments);
    }
    if (name.equals("cancel") && made == null) {
      return null;
    }
    return isRecorded(name) ? record(method, arguments) : onMade(method, arguments);
  }

  private static boolean isRecorded(String name) {
    return name.startsWith("set")
        || name.equals("registerOutParameter")
        || name.equals("clearParameters")
        || name.equals("closeOnCompletion");
  }

  private @Nullable Object onMade(Method method, @Nullable Object[] arguments) throws SQLException {
    Statement target = made;
    if (target == null) {
      if (method.getName().equals("clearWarnings") || method.getName().equals("clearBatch")) {
        return null;
      }
      if (method.getName().equals("getWarnings")) {
        return null;
      }
      if (WITHOUT_A_SERVER.contains(method.getName())) {
        Call set = calls.get("set" + method.getName().substring("get".length()));
        return set == null ? 0 : set.arguments().get(0);
      }
      target = onPrimary();
    }
    return ConnectionSetting.call(target, method, arguments);
  }

  private @Nullable Object record(Method method, @Nullable Object[] arguments) throws SQLException {
    @Nullable Object answer = null;
    String key = key(method, arguments);
    streams.remove(key);
    if (method.getName().equals("clearParameters")) {
      streams.clear();
    } else if (hasStream(arguments)) {
      calls.remove(key);
      streams.put(key, call(method, arguments));
      return null;
    }
    if (made != null) {
      answer = ConnectionSetting.call(made, method, deferredMade(arguments));
    }
    if (method.getName().equals("clearParameters")) {
      calls.keySet().removeIf(recorded -> recorded.startsWith("?"));
    } else if (made == null || node == null || routed.isOnReplica(node)) { // else it stays there
      calls.put(key, call(method, arguments));
    }
    return answer;
  }

  private static Call call(Method method, @Nullable Object[] arguments) {
    return new Call(method, Collections.unmodifiableList(Arrays.asList(arguments.clone())));
  }

  private static boolean hasStream(@Nullable Object[] arguments) {
    for (Object argument : arguments) {
      if (argument instanceof InputStream || argument instanceof Reader) {
        return true;
      }
    }
    return false;
  }

  private Statement withStreams(Statement target) throws SQLException {
    for (Call call : streams.values()) {
      var unused = ConnectionSetting.call(target, call.method(), call.arguments().toArray());
    }
    streams.clear();
    return target;
  }

  /** For each parameter the last setter counts, whatever its type. */
  private static String key(Method method, @Nullable Object[] arguments) {
    if (method.getName().equals("registerOutParameter")) {
      return "out" + arguments[0];
    }
    return arguments.length > 1 ? "?" + arguments[0] : method.getName();
  }

  private @Nullable Object[] deferredMade(@Nullable Object[] arguments) throws SQLException {
    @Nullable Object[] real = arguments;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof DeferredArray array && node != null) {
        real = real == arguments ? arguments.clone() : real;
        real[i] = array.madeBy(node.connection());
      }
    }
    return real;
  }

  private NodeConnection chosen(String text) throws SQLException {
    return maker.getName().equals("prepareCall") ? routed.inDoubt() : routed.forStatement(text);
  }

  private Statement onPrimary() throws SQLException {
    return on(routed.inDoubt());
  }

  private @Nullable Object execute(Method method, @Nullable Object[] arguments)
      throws SQLException {
    String text = sql == null ? String.valueOf(arguments[0]) : sql;
    boolean wasInTransaction = routed.inTransaction();
    NodeConnection target = chosen(text);
    boolean repeatable = streams.isEmpty();
    try {
      return ConnectionSetting.call(withStreams(on(target)), method, arguments);
    } catch (SQLException failure) {
      if (!repeatable) {
        throw failure;
      }
      NodeConnection instead =
          routed.insteadOf(target, failure, wasInTransaction).orElseThrow(() -> failure);
      return ConnectionSetting.call(on(instead), method, arguments);
    }
  }

  /** The statement on the node. */
  private Statement on(NodeConnection target) throws SQLException {
    Statement there = made;
    if (there != null && node == target) {
      return there;
    }
    if (there != null) {
      replaced.add(there);
    }
    there =
        (Statement)
            requireNonNull(ConnectionSetting.call(target.connection(), maker, makerArguments));
    made = there;
    node = target;
    for (Call call : calls.values()) {
      var unused =
          ConnectionSetting.call(there, call.method(), deferredMade(call.arguments().toArray()));
    }
    return there;
  }

  private boolean isClosed() throws SQLException {
    return closed || connection.isClosed() || (made != null && made.isClosed());
  }

  private @Nullable Object close() throws SQLException {
    closed = true;
    for (Statement each : replaced) {
      each.close();
    }
    replaced.clear();
    if (made != null) {
      made.close();
    }
    return null;
  }

  @Override
  public String toString() {
    return made == null ? "RoutedStatement" : made.toString();
  }
}
