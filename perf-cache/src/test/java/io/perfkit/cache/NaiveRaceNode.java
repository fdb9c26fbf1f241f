package io.perfkit.cache;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.testing.Await;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.SetParams;

/** Cache-aside over Caffeine and Redis, with a message for each change: no fence, no lease. */
final class NaiveRaceNode extends JedisPubSub implements RaceNode {
  private final ConcurrentMap<String, String> l1 =
      Caffeine.newBuilder().<String, String>build().asMap();
  private final AtomicBoolean subscribed = new AtomicBoolean();
  private final String prefix;
  private final RedisClient redis;
  private final int keys;
  private final Thread subscriber;

  NaiveRaceNode(String prefix, RedisClient redis, int keys) {
    this.prefix = prefix;
    this.redis = redis;
    this.keys = keys;
    this.subscriber = new Thread(() -> Subscriptions.listen(redis, this, prefix));
    subscriber.start();
    Await.until("subscribed", DEADLINE, subscribed::get);
  }

  @Override
  public void onSubscribe(String channel, int subscriptions) {
    subscribed.set(true);
  }

  @Override
  public void onMessage(String channel, String key) {
    l1.remove(key);
  }

  @Override
  public void close() {
    unsubscribe();
    Await.until("unsubscribed", DEADLINE, () -> !subscriber.isAlive());
  }

  @Override
  public long read(int key, LongSupplier load) {
    String name = prefix + key;
    String value = l1.get(name);
    if (value == null) {
      value = redis.get(name);
      if (value == null) {
        value = Long.toString(load.getAsLong());
        redis.set(name, value, SetParams.setParams().ex(60));
      }
      l1.put(name, value);
    }
    return Long.parseLong(value);
  }

  @Override
  public void invalidate(int key) {
    String name = prefix + key;
    redis.del(name);
    l1.remove(name);
    redis.publish(prefix, name);
  }

  @Override
  public void invalidateGroup(int group) {
    for (int key = group; key < keys; key += GROUPS) {
      invalidate(key);
    }
  }

  @Override
  public OptionalLong held(int key) {
    String name = prefix + key;
    String value = l1.getOrDefault(name, redis.get(name));
    return value == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
  }

  @Override
  public void awaitTold() {} // an invalidation tells before it returns

  @Override
  public void awaitHeard() {
    String marker = prefix + UUID.randomUUID();
    l1.put(marker, "until its message has come back");
    redis.publish(prefix, marker);
    Await.until("all was heard", DEADLINE, () -> !l1.containsKey(marker));
  }
}
