package io.perfkit.examples.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.cache.Caches;
import io.perfkit.cache.weave.CacheAspect;
import io.perfkit.cache.weave.CacheEvict;
import io.perfkit.cache.weave.Cacheable;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.db.query.QueryMonitor;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.weave.RateLimitAspect;
import io.perfkit.ratelimit.weave.RateLimited;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Weaver;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** An application without a framework. */
@RealRedis
@RealPostgres
final class PlainHostGuideIT {
  private final TestRedis redis;
  private final DataSource postgres;

  PlainHostGuideIT(TestRedis redis, TestDatabase database) throws SQLException {
    this.redis = redis;
    this.postgres = database.dataSource();
    Products.create(postgres);
  }

  /** The same service in every host. */
  static class ProductService {
    private final DataSource database;

    ProductService(DataSource database) {
      this.database = database;
    }

    @Cacheable(cache = "products", ttl = "10m")
    Optional<Product> find(long id) throws SQLException {
      try (Connection connection = database.getConnection();
          PreparedStatement query =
              connection.prepareStatement("SELECT id, name FROM products WHERE id = ?")) {
        query.setLong(1, id);
        try (ResultSet rows = query.executeQuery()) {
          return rows.next()
              ? Optional.of(new Product(rows.getLong(1), rows.getString(2)))
              : Optional.empty();
        }
      }
    }

    @RateLimited(plan = "renames", key = "id")
    @CacheEvict(cache = "products", key = "id")
    void rename(long id, String name) throws SQLException {
      try (Connection connection = database.getConnection();
          PreparedStatement update =
              connection.prepareStatement("UPDATE products SET name = ? WHERE id = ?")) {
        update.setString(1, name);
        update.setLong(2, id);
        update.executeUpdate();
      }
    }
  }

  static final class Shop implements AutoCloseable {
    final PoolManager pool;
    final QueryMonitor monitor = QueryMonitor.create();
    final Caches caches;
    final RateLimiter limiter;
    final ProductService products;

    Shop(DataSource postgres, UnifiedJedis redis, String prefix) {
      pool = PoolManager.create(postgres);
      caches = Caches.create(redis, prefix);
      limiter = RateLimiter.create(redis, prefix);
      Plan renames =
          Plan.of("renames")
              .with(Policy.slidingWindow("renames", 2, Duration.ofMinutes(1)), "product");
      Weaver weaver = Weaver.of(CacheAspect.of(caches), RateLimitAspect.of(limiter, renames));
      products = weaver.create(ProductService.class, monitor.wrap(pool.dataSource()));
    }

    @Override
    public void close() {
      limiter.close();
      caches.close();
      monitor.close();
      pool.close();
    }
  }

  @Test
  void aShopIsWiredByItsConstructor() throws SQLException {
    try (Shop shop = new Shop(postgres, redis.client(), redis.prefix())) {
      assertThat(shop.products.find(1)).contains(new Product(1, "tea"));
      shop.products.rename(1, "green tea");
      assertThat(shop.products.find(1)).contains(new Product(1, "green tea"));
      assertThat(shop.products.find(1)).contains(new Product(1, "green tea"));
      assertThat(shop.monitor.stats().calls()).isPositive();
    }
  }
}
