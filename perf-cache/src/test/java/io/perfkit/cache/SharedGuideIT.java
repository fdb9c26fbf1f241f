package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The Java of docs/guide/shared-structures.md, run. */
@RealRedis
final class SharedGuideIT {
  record Notice(String text) {}

  private final Caches caches;

  SharedGuideIT(TestRedis server) {
    caches = NodesContract.patient(server.newClient(), server.prefix());
  }

  @AfterEach
  void close() {
    caches.close();
  }

  @Test
  void aBlacklistOfRevokedTokens() {
    assertThatThrownBy(() -> check("token")).hasMessage("revoked");
  }

  private void check(String token) {
    SharedSet<String> revoked =
        caches.shared().set("revoked-tokens", Codec.string(), SharedConfig.defaults());
    revoked.add(token, Duration.ofMinutes(15)); // as long as it would have been good
    if (revoked.contains(token)) { // no round trip, but after a change
      throw new SecurityException("revoked");
    }
  }

  @Test
  void hashes() {
    SharedById<Long, SharedHash<String, String>> settings =
        caches
            .shared()
            .hashes(
                "settings", Long.class, Codec.string(), Codec.string(), SharedConfig.defaults());
    SharedHash<String, String> mine = settings.of(42L);
    mine.put("theme", "dark");
    mine.putAll(Map.of("language", "en", "zone", "UTC")); // all or none
    String theme = mine.get("theme");

    assertThat(theme).isEqualTo("dark");
    assertThat(mine.size()).isEqualTo(3);
    SharedHash<String, Long> visits =
        caches.shared().hash("visits", Codec.string(), Codec.longs(), SharedConfig.defaults());
    long sum = visits.increment("home", 1);

    assertThat(sum).isEqualTo(1);
    visits.clear();
    mine.clear();
  }

  @Test
  void lists() {
    SharedById<Long, SharedList<Notice>> notices =
        caches
            .shared()
            .lists(
                "notices",
                Long.class,
                Codec.json(Notice.class),
                SharedConfig.builder().maxMembers(50).ttl(Duration.ofDays(30)).build());
    notices.of(42L).addFirst(new Notice("your order has been sent"));
    List<Notice> page = notices.of(42L).range(0, 10);

    assertThat(page).containsExactly(new Notice("your order has been sent"));
    notices.of(42L).clear();
  }
}
