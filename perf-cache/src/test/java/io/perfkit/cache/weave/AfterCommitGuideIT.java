package io.perfkit.cache.weave;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.cache.Caches;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Interceptors;
import io.perfkit.weave.Weaver;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Caches of services whose methods run in transactions of Spring. */
@RealRedis
final class AfterCommitGuideIT {
  private final Database database = new Database();
  private final Caches caches;
  private final Caches otherCaches;
  private final CacheAspect aspect;

  AfterCommitGuideIT(TestRedis server) {
    String prefix = server.prefix() + UUID.randomUUID();
    caches = Nodes.patient(server.client(), prefix);
    otherCaches = Nodes.patient(server.client(), prefix);
    aspect = aspect(caches);
  }

  @AfterEach
  void close() {
    caches.close();
    otherCaches.close();
  }

  private static CacheAspect aspect(Caches caches) {
    AfterCommit afterCommit =
        change -> {
          if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            change.run();
            return;
          }
          TransactionSynchronizationManager.registerSynchronization(
              new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                  change.run();
                }
              });
        };
    CacheAspect aspect = CacheAspect.builder(caches).afterCommit(afterCommit).build();
    return aspect;
  }

  /** Rows that others see once they are committed. */
  static final class Database extends AbstractPlatformTransactionManager {
    final Map<Long, String> committed = new ConcurrentHashMap<>(Map.of(1L, "old"));
    private final Map<Long, String> pending = new ConcurrentHashMap<>();

    void write(long id, String name) {
      pending.put(id, name);
    }

    @Override
    protected Object doGetTransaction() {
      return this;
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
      pending.clear();
    }

    @Override
    protected void doCommit(DefaultTransactionStatus status) {
      committed.putAll(pending);
    }

    @Override
    protected void doRollback(DefaultTransactionStatus status) {
      pending.clear();
    }
  }

  static class Users {
    private final Database database;

    Users(Database database) {
      this.database = database;
    }

    @Cacheable(cache = "names", ttl = "1h")
    String name(long id) {
      return Objects.requireNonNull(database.committed.get(id));
    }

    @CacheEvict(cache = "names", key = "id")
    void rename(long id, String to) {
      database.write(id, to);
    }

    @CachePut(cache = "names", key = "id")
    String store(long id, String name) {
      database.write(id, name);
      return name;
    }
  }

  @Test
  void anEvictionInTheCallersTransactionWaitsForItsCommit() {
    Users users = Weaver.of(aspect).create(Users.class, database);
    Users elsewhere = Weaver.of(aspect(otherCaches)).create(Users.class, database);
    assertThat(users.name(1)).isEqualTo("old");

    new TransactionTemplate(database)
        .executeWithoutResult(
            status -> {
              users.rename(1, "new");
              assertThat(elsewhere.name(1)).as("not committed yet").isEqualTo("old");
            });

    assertThat(users.name(1)).isEqualTo("new");
    Await.until(
        "the other node has heard", Duration.ofSeconds(10), () -> elsewhere.name(1).equals("new"));
  }

  @Test
  void aRollbackEvictsNothing() {
    Users users = Weaver.of(aspect).create(Users.class, database);
    users.name(1);
    new TransactionTemplate(database)
        .executeWithoutResult(
            status -> {
              users.rename(1, "new");
              users.store(1, "newer");
              status.setRollbackOnly();
            });
    database.committed.put(1L, "seen only by a load");

    assertThat(users.name(1)).isEqualTo("old");
  }

  @Test
  void withoutATransactionAnEvictionRunsAtOnce() {
    Users users = Weaver.of(aspect).create(Users.class, database);
    users.name(1);
    database.committed.put(1L, "changed");
    users.rename(1, "changed");

    assertThat(users.name(1)).isEqualTo("changed");
    assertThat(users.store(1, "put")).isEqualTo("put");
    assertThat(users.name(1)).isEqualTo("put");
  }

  @Test
  void cacheAndTransactionStandInOneSpringProxyInEitherOrder() {
    for (boolean cacheOutside : new boolean[] {true, false}) {
      database.committed.put(1L, "old");
      MethodInterceptor transactional =
          invocation -> new TransactionTemplate(database).execute(status -> proceed(invocation));
      Map<Method, Interceptors.Interceptor> advice = Interceptors.of(aspect).of(Users.class);
      MethodInterceptor cached = advice(advice);
      ProxyFactory factory = new ProxyFactory(new Users(database));
      factory.setProxyTargetClass(true);
      factory.addAdvice(cacheOutside ? cached : transactional);
      factory.addAdvice(cacheOutside ? transactional : cached);
      Users users = (Users) factory.getProxy();

      users.rename(1, "old");
      assertThat(users.name(1)).isEqualTo("old");
      users.rename(1, "new");
      assertThat(users.name(1)).isEqualTo("new");
      database.committed.put(1L, "seen only by a load");
      assertThat(users.name(1)).isEqualTo("new");
    }
  }

  static MethodInterceptor advice(Map<Method, Interceptors.Interceptor> advice) {
    return invocation -> {
      Interceptors.Interceptor advised = advice.get(invocation.getMethod());
      return advised == null
          ? invocation.proceed()
          : advised.call(
              Objects.requireNonNull(invocation.getThis()),
              invocation.getArguments(),
              invocation::proceed);
    };
  }

  private static Object proceed(MethodInvocation invocation) {
    try {
      return invocation.proceed();
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }
}
