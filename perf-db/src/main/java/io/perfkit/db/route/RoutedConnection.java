package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.OwnedResultSet;
import io.perfkit.db.internal.SqlState;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A connection that chooses a node for each statement at execution: a replica for statements that
 * are declared as reads and certainly only read, the primary for all others. One thread at a time.
 *
 * <p>It is a JDK proxy, since its target changes: it records settings by their methods and replays
 * them on each connection that it takes.
 */
final class RoutedConnection implements InvocationHandler {
  private static final Method SET_READ_ONLY = setReadOnly();

  /* Invariants
   * R1  a setting made through this connection holds on each node's connection that it uses.
   * R2  a statement that is not certain to leave the server's session as it was runs on the primary,
   *     and from then on everything does. Within a transaction on a replica it runs there, and then
   *     nothing may run elsewhere.
   * R3  no read starts on a replica that lacks the session's writes or is too far behind.
   */
  private final NodeSelector selector;
  private final RouteIntent intent;
  private final @Nullable ReadYourWrites ownWrites;
  private final RecordedSettings settings = new RecordedSettings();
  private final IdentityHashMap<Savepoint, NodeConnection> savepoints = new IdentityHashMap<>();
  private final List<NodeConnection> left = new ArrayList<>();
  private @Nullable NodeConnection primary;
  private @Nullable NodeConnection reader;
  private boolean readOnly;
  private boolean autoCommit = true;
  private boolean inTransaction; // of the reader
  private boolean staysOnPrimary; // R2
  private @Nullable NodeConnection staysOnReplica; // R2
  private boolean closed;

  private RoutedConnection(
      NodeSelector selector, RouteIntent intent, @Nullable ReadYourWrites ownWrites) {
    this.selector = selector;
    this.intent = intent;
    this.ownWrites = ownWrites;
  }

  static Connection open(
      NodeSelector selector, RouteIntent intent, @Nullable ReadYourWrites ownWrites) {
    return proxy(Connection.class, new RoutedConnection(selector, intent, ownWrites));
  }

  static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            RoutedConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @Override
  public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] given)
      throws Throwable {
    @Nullable Object[] arguments = given == null ? new Object[0] : given;
    return switch (method.getName()) {
      case "close" -> close();
      case "isClosed" -> isClosed();
      case "isValid" -> isValid((int) requireNonNull(arguments[0]));
      case "abort" -> abort(method, arguments);
      case "hashCode" -> System.identityHashCode(self);
      case "equals" -> self == arguments[0];
      case "toString" -> toString();
      default -> invokeOpen(self, method, arguments);
    };
  }

  private @Nullable Object invokeOpen(Object self, Method method, @Nullable Object[] arguments)
      throws SQLException {
    if (closed) {
      throw new SQLNonTransientConnectionException("the connection is closed", "08003");
    }
    return switch (method.getName()) {
      case "isReadOnly" -> readOnly;
      case "getAutoCommit" -> autoCommit;
      case "setReadOnly",
          "setAutoCommit",
          "setTransactionIsolation",
          "setSchema",
          "setCatalog",
          "setClientInfo",
          "setNetworkTimeout",
          "setHoldability",
          "setTypeMap" ->
          set(ConnectionSetting.of(method, arguments));
      case "getTransactionIsolation" -> isolation();
      case "getWarnings" -> onTaken(method, arguments);
      case "clearWarnings", "beginRequest", "endRequest" -> onTaken(method, arguments);
      case "commit" -> end(method);
      case "rollback" -> arguments.length == 0 ? end(method) : toSavepoint(method, arguments);
      case "releaseSavepoint" -> toSavepoint(method, arguments);
      case "setSavepoint" -> savepoint(method, arguments);
      case "isWrapperFor" ->
          ((Class<?>) requireNonNull(arguments[0])).isInstance(self)
              || current().connection().isWrapperFor((Class<?>) arguments[0]);
      case "unwrap" ->
          ((Class<?>) requireNonNull(arguments[0])).isInstance(self)
              ? self
              : call(inDoubt(), method, arguments); // what is done there is not seen here
      case "createStatement", "prepareStatement", "prepareCall" ->
          RoutedStatement.open((Connection) self, this, method, arguments);
      case "getMetaData" -> metaData((Connection) self, method);
      case "createArrayOf" ->
          new DeferredArray(
              String.valueOf(arguments[0]), requireNonNull((Object[]) arguments[1], "elements"));
      default -> call(current(), method, arguments);
    };
  }

  /** Metadata that asks a node only when it is used. */
  private DatabaseMetaData metaData(Connection self, Method getMetaData) {
    return proxy(
        DatabaseMetaData.class,
        (meta, method, given) ->
            switch (method.getName()) {
              case "getConnection" -> self;
              case "hashCode" -> System.identityHashCode(meta);
              case "equals" -> meta == requireNonNull(given)[0];
              case "toString" -> "MetaData of " + this;
              default -> {
                @Nullable Object answer =
                    ConnectionSetting.call(
                        requireNonNull(call(current(), getMetaData, new Object[0])),
                        method,
                        given == null ? new Object[0] : given);
                yield answer instanceof ResultSet rows ? new OwnedResultSet(rows, null) : answer;
              }
            });
  }

  /** The connection for a statement that runs now. */
  NodeConnection forStatement(String sql) throws SQLException {
    boolean asked = intent != RouteIntent.WRITE && (readOnly || intent == RouteIntent.READ);
    if (staysOnPrimary) {
      return primary();
    }
    if (asked) {
      if (selector.onlyReads(sql, !autoCommit)) {
        return reader();
      }
      return staysOnReplica == null ? inDoubt() : writeProtected(reader());
    }
    boolean onItsOwn =
        intent == RouteIntent.ANY && autoCommit && primary == null && selector.routesStatements();
    if (onItsOwn && selector.certainlyOnlyReads(sql)) {
      return reader();
    }
    return selector.onlyReads(sql, !autoCommit) ? primary() : inDoubt();
  }

  /** The connection for calls that may change the server's session, and for all later ones (R2). */
  NodeConnection inDoubt() throws SQLException {
    NodeConnection onReplica = reader;
    boolean asked = readOnly || intent == RouteIntent.READ;
    if (asked && inTransaction && onReplica != null && !selector.isPrimary(onReplica)) {
      staysOnReplica = onReplica;
      return writeProtected(onReplica);
    }
    NodeConnection taken = primary();
    staysOnPrimary = true;
    if (asked && autoCommit && intent != RouteIntent.WRITE) {
      taken.forceReadOnly(); // what only reads must not write, whatever it calls
    }
    return taken;
  }

  private NodeConnection writeProtected(NodeConnection replica) throws SQLException {
    if (autoCommit) {
      replica.forceReadOnly();
    } else {
      replica.forceReadOnlyTransaction();
    }
    return replica;
  }

  /** The connection under the present settings, for calls that change nothing. */
  private NodeConnection current() throws SQLException {
    return !staysOnPrimary
            && intent != RouteIntent.WRITE
            && (readOnly || intent == RouteIntent.READ)
        ? reader()
        : primary();
  }

  private NodeConnection primary() throws SQLException {
    requireNoStateElsewhere();
    NodeConnection taken = primary;
    if (taken == null) {
      taken = prepared(selector.takePrimary(ownWrites));
      primary = taken;
    }
    return taken;
  }

  private NodeConnection reader() throws SQLException {
    NodeConnection taken = reader;
    if (taken == null) {
      taken = prepared(takeReader());
    } else if (!inTransaction && !selector.mayRead(taken, ownWrites)) {
      requireNoStateElsewhere();
      NodeConnection behind = taken;
      taken = prepared(takeReader());
      left.add(behind); // what was read there may still be looked at
    }
    reader = taken;
    inTransaction = !autoCommit;
    return taken;
  }

  /** Takes a reader; a hot standby does not support serializable transactions. */
  private NodeConnection takeReader() throws SQLException {
    return settings.isSerializable(selector.defaultIsolation())
        ? selector.takeReaderOnPrimary()
        : selector.takeReader(ownWrites);
  }

  private void requireNoStateElsewhere() throws SQLException {
    if (staysOnReplica != null) {
      throw new SQLTransientConnectionException(
          "what was set by SQL in a transaction on "
              + staysOnReplica
              + " holds there only, and this statement can't run there (expected: to set it before the"
              + " first read of the transaction, for the transaction alone, or on another connection)",
          "08001");
    }
  }

  private NodeConnection prepared(NodeConnection taken) throws SQLException {
    try {
      if (taken.reads() || intent == RouteIntent.READ) {
        taken.make(ConnectionSetting.of(SET_READ_ONLY, new Object[] {true}));
      }
      for (ConnectionSetting setting : settings.all()) {
        make(setting, taken); // R1
      }
      return taken;
    } catch (SQLException | RuntimeException refused) {
      taken.close();
      throw refused;
    }
  }

  /** A connection for reads stays read-only, whatever the setting. */
  private void make(ConnectionSetting setting, NodeConnection taken) throws SQLException {
    boolean keepsReadOnly = taken.reads() || intent == RouteIntent.READ;
    if (!keepsReadOnly || !setting.key().equals(ConnectionSetting.READ_ONLY)) {
      taken.make(setting);
    }
  }

  /**
   * The connection on which to retry a read that failed on a replica before it returned anything.
   *
   * @return empty if a retry is not allowed
   */
  Optional<NodeConnection> insteadOf(
      NodeConnection failed, SQLException failure, boolean wasInTransaction) {
    boolean replicasOwn =
        switch (SqlState.of(failure)) {
          case NO_ANSWER, SHUTDOWN, CONFLICT, READ_ONLY, STATEMENT_REFUSED, NOT_NOW -> true;
          default -> false;
        };
    if (!replicasOwn
        || wasInTransaction
        || failed != reader
        || selector.isPrimary(failed)
        || staysOnReplica != null) {
      return Optional.empty();
    }
    try {
      if (!autoCommit && !failed.connection().isClosed()) {
        failed.connection().rollback();
      }
      left.add(failed);
      reader = null;
      inTransaction = false;
      if (!readOnly && intent != RouteIntent.READ) {
        return Optional.of(inDoubt());
      }
      NodeConnection taken = prepared(selector.takeReaderOnPrimary());
      reader = taken;
      inTransaction = !autoCommit;
      if (autoCommit) {
        taken.forceReadOnly(); // it may be more than a read
      }
      return Optional.of(taken);
    } catch (SQLException unreachable) {
      failure.addSuppressed(unreachable);
      return Optional.empty();
    }
  }

  /** Whether a transaction of the reader is under way. */
  boolean inTransaction() {
    return inTransaction;
  }

  boolean isOnReplica(NodeConnection taken) {
    return !selector.isPrimary(taken);
  }

  private static Method setReadOnly() {
    try {
      return Connection.class.getMethod("setReadOnly", boolean.class);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  private @Nullable Object set(ConnectionSetting setting) throws SQLException {
    setting.requireValid();
    if (setting.isTransactional() && !autoCommit && taken().isEmpty()) {
      var unused = current(); // it belongs to the transaction, which begins here
    }
    for (NodeConnection each : taken()) {
      make(setting, each);
    }
    settings.record(setting, !autoCommit); // none has refused it
    if (setting.key().equals(ConnectionSetting.READ_ONLY)) {
      readOnly = (boolean) requireNonNull(setting.arguments().get(0));
      if (!readOnly && primary != null && intent != RouteIntent.READ) {
        primary.allowWrites();
      }
    } else if (setting.key().equals(ConnectionSetting.AUTO_COMMIT)) {
      autoCommit = (boolean) requireNonNull(setting.arguments().get(0));
      inTransaction &= !autoCommit;
      savepoints.clear();
      settings.committed();
      taken().forEach(NodeConnection::ended); // a transaction under way was committed
    }
    return null;
  }

  private int isolation() throws SQLException {
    Optional<Integer> set = settings.isolation();
    if (set.isPresent()) {
      return set.get();
    }
    List<NodeConnection> taken = taken();
    Optional<Integer> known = selector.defaultIsolation();
    return taken.isEmpty() && known.isPresent()
        ? known.get()
        : (taken.isEmpty() ? current() : taken.get(0)).connection().getTransactionIsolation();
  }

  private @Nullable Object onTaken(Method method, @Nullable Object[] arguments)
      throws SQLException {
    @Nullable Object first = null;
    for (NodeConnection each : taken()) {
      @Nullable Object answer = call(each, method, arguments);
      first = first == null ? answer : first;
    }
    return first;
  }

  private @Nullable Object end(Method method) throws SQLException {
    for (NodeConnection each : taken()) {
      try {
        call(each, method, new Object[0]);
      } finally {
        each.ended(); // also after a failure: it may be committed all the same
      }
    }
    inTransaction = false;
    savepoints.clear();
    if (method.getName().equals("rollback")) {
      settings.rolledBack();
    } else {
      settings.committed();
    }
    return null;
  }

  private Savepoint savepoint(Method method, @Nullable Object[] arguments) throws SQLException {
    NodeConnection taken = current();
    Savepoint made = (Savepoint) requireNonNull(call(taken, method, arguments));
    savepoints.put(made, taken);
    return made;
  }

  private @Nullable Object toSavepoint(Method method, @Nullable Object[] arguments)
      throws SQLException {
    NodeConnection known = savepoints.get(requireNonNull((Savepoint) arguments[0], "savepoint"));
    NodeConnection where = known == null ? current() : known;
    where.rolledBackInPart();
    return call(where, method, arguments);
  }

  private List<NodeConnection> taken() {
    return Stream.of(Optional.ofNullable(reader), Optional.ofNullable(primary))
        .flatMap(Optional::stream)
        .toList();
  }

  private boolean isClosed() throws SQLException {
    for (NodeConnection each : taken()) {
      if (each.connection().isClosed()) {
        return true;
      }
    }
    return closed;
  }

  private boolean isValid(int seconds) throws SQLException {
    if (seconds < 0) {
      throw new SQLException("timeout: " + seconds + " (expected: >= 0)", "22023");
    }
    if (closed) {
      return false;
    }
    try {
      var unused = current();
    } catch (SQLException unreachable) {
      return false;
    }
    for (NodeConnection each : taken()) {
      if (!each.connection().isValid(seconds)) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Object abort(Method method, @Nullable Object[] arguments) throws SQLException {
    if (arguments[0] == null) {
      throw new SQLException("executor: null (expected: one)", "22023");
    }
    if (!closed) {
      for (NodeConnection each : taken()) {
        var unused = call(each, method, arguments);
      }
      return close();
    }
    return null;
  }

  private @Nullable Object close() throws SQLException {
    closed = true;
    Collection<NodeConnection> out = new ArrayList<>(taken());
    out.addAll(left);
    left.clear();
    reader = null;
    primary = null;
    SQLException failure = null;
    for (NodeConnection each : out) {
      try {
        each.close();
      } catch (SQLException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return null;
  }

  @Override
  public String toString() {
    return "RoutedConnection[primary=" + primary + ", reader=" + reader + "]";
  }

  private static @Nullable Object call(
      NodeConnection target, Method method, @Nullable Object[] arguments) throws SQLException {
    return ConnectionSetting.call(target.connection(), method, arguments);
  }
}
