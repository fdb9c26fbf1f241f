package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

@TestInstance(Lifecycle.PER_CLASS)
final class RedisProcessIT {
  private final RedisProcess redis = RedisProcess.start();

  @AfterAll
  void close() {
    redis.close();
  }

  @Test
  void startsARedisThatWritesNothingToDisk() {
    try (Jedis jedis = redis.connect()) {
      assertThat(jedis.set("key", "value")).isEqualTo("OK");
      assertThat(jedis.configGet("save")).containsEntry("save", "");
      assertThat(jedis.configGet("appendonly")).containsEntry("appendonly", "no");
      assertThat(jedis.configGet("bind")).containsEntry("bind", "127.0.0.1");
    }
  }

  @Test
  void comesBackEmptyOnTheSamePortAfterKill() {
    try (Jedis jedis = redis.connect()) {
      jedis.set("key", "value");
    }
    long pid = redis.pid();

    redis.kill();

    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThatThrownBy(redis::connect).isInstanceOf(JedisConnectionException.class);

    redis.restart();

    assertThat(redis.pid()).isNotEqualTo(pid);
    try (Jedis jedis = redis.connect()) {
      assertThat(jedis.dbSize()).isZero();
    }
  }

  @Test
  void answersNothingWhileFrozenAndEverythingAfterThaw() {
    try (Jedis early = redis.connect();
        Jedis late = redis.connect()) {
      long before = early.incr("frozen");
      early.getConnection().setSoTimeout(100);

      redis.freeze();
      assertThatThrownBy(() -> early.incr("frozen"))
          .isInstanceOf(JedisConnectionException.class)
          .hasRootCauseInstanceOf(SocketTimeoutException.class);
      redis.thaw();

      assertThat(late.incr("frozen")).isEqualTo(before + 2);
    }
  }

  @Test
  void diesAndCleansUpOnClose() {
    RedisProcess closed = RedisProcess.start();
    long pid = closed.pid();
    Path directory;
    try (Jedis jedis = closed.connect()) {
      directory = Path.of(jedis.configGet("dir").get("dir"));
    }

    closed.close();
    closed.close();

    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThat(directory).doesNotExist();
  }

  @Test
  void saysWhatTheServerSaidWhenItDoesNotStart() {
    assertThatThrownBy(() -> RedisProcess.start(List.of("--no-such-option", "1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("redis-server [--no-such-option, 1] did not start:")
        .hasMessageContaining("Bad directive or wrong number of arguments");
  }
}
