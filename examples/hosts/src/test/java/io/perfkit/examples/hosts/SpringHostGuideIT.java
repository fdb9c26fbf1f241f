package io.perfkit.examples.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Caches;
import io.perfkit.cache.weave.CacheAspect;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.db.query.QueryMonitor;
import io.perfkit.examples.hosts.PlainHostGuideIT.ProductService;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.weave.RateLimitAspect;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import redis.clients.jedis.UnifiedJedis;

/** An application whose parts are beans of Spring, with transactions by annotations. */
@RealRedis
@RealPostgres
final class SpringHostGuideIT {
  private final TestRedis redis;
  private final DataSource postgres;

  SpringHostGuideIT(TestRedis redis, TestDatabase database) throws SQLException {
    this.redis = redis;
    this.postgres = database.dataSource();
    Products.create(postgres);
  }

  @Configuration(proxyBeanMethods = false)
  @EnableTransactionManagement(proxyTargetClass = true)
  static class ShopConfiguration {
    @Bean
    PoolManager pool(Servers servers) {
      return PoolManager.create(servers.postgres());
    }

    @Bean
    QueryMonitor monitor() {
      return QueryMonitor.create();
    }

    @Bean
    DataSource database(QueryMonitor monitor, PoolManager pool) {
      return new TransactionAwareDataSourceProxy(monitor.wrap(pool.dataSource()));
    }

    @Bean
    PlatformTransactionManager transactions(DataSource database) {
      return new JdbcTransactionManager(database);
    }

    @Bean
    Caches caches(Servers servers) {
      return Caches.create(servers.redis(), servers.prefix());
    }

    @Bean
    RateLimiter limiter(Servers servers) {
      return RateLimiter.create(servers.redis(), servers.prefix());
    }

    @Bean
    Weaver weaver(Caches caches, RateLimiter limiter) {
      Plan renames =
          Plan.of("renames")
              .with(Policy.slidingWindow("renames", 2, Duration.ofMinutes(1)), "product");
      return Weaver.of(
          CacheAspect.builder(caches).afterCommit(ShopConfiguration::afterCommit).build(),
          RateLimitAspect.of(limiter, renames));
    }

    @Bean
    ProductService products(Weaver weaver, DataSource database) {
      return weaver.create(ProductService.class, database);
    }

    private static void afterCommit(Runnable change) {
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
    }
  }

  /** Where the servers are; a real host has this from its settings. */
  record Servers(DataSource postgres, UnifiedJedis redis, String prefix) {}

  /** Runs {@link ProductService} in transactions. */
  static class Catalog {
    private final ProductService products;

    Catalog(ProductService products) {
      this.products = products;
    }

    @Transactional
    void rename(long id, String name, boolean fail) throws SQLException {
      products.rename(id, name);
      if (fail) {
        throw new IllegalStateException("after the rename");
      }
    }
  }

  @Test
  void aShopIsWiredByBeansAndItsCacheFollowsTheCommit() throws SQLException {
    Servers servers =
        new Servers(postgres, redis.client(), redis.prefix() + UUID.randomUUID() + ":");
    try (AnnotationConfigApplicationContext shop = new AnnotationConfigApplicationContext()) {
      shop.registerBean(Servers.class, () -> servers);
      shop.register(ShopConfiguration.class);
      shop.registerBean(Catalog.class);
      shop.refresh();
      ProductService products = shop.getBean(ProductService.class);
      Catalog catalog = shop.getBean(Catalog.class);
      assertThat(products.find(1)).contains(new Product(1, "tea"));

      assertThatThrownBy(() -> catalog.rename(1, "milk", true))
          .isInstanceOf(IllegalStateException.class);
      assertThat(products.find(1)).contains(new Product(1, "tea"));
      catalog.rename(1, "green tea", false);
      assertThat(products.find(1)).contains(new Product(1, "green tea"));
    }
  }
}
