package io.perfkit.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;

@RealRedis
final class FaultProxyIT {
  /** After which a reply counts as lost. */
  private static final int SILENCE_MILLIS = 300;

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int CUTS = 500;

  private final TestRedis redis;
  private final FaultProxy proxy;
  private final String key;

  FaultProxyIT(TestRedis redis) {
    this.redis = redis;
    this.proxy = FaultProxy.to(redis.address());
    this.key = redis.prefix() + "counter";
    redis.client().set(key, "0");
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  @Test
  void passesEverythingOnWhenThereIsNoFault() {
    String large = "x".repeat(1_000_000);
    try (Jedis jedis = connect()) {
      jedis.set(key, large);

      assertThat(jedis.get(key)).isEqualTo(large);
    }
  }

  @Test
  void delaysRequestAndReply() {
    try (Jedis jedis = connect()) {
      proxy.delay(Duration.ofMillis(40));
      long start = System.nanoTime();
      jedis.incr(key);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(80));

      proxy.delay(Duration.ofMinutes(1));
      assertTimesOut(jedis);
    }
  }

  @Test
  void refusesANegativeDelay() {
    assertThatThrownBy(() -> proxy.delay(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("perChunk: PT-0.001S (expected: not negative)");
  }

  @Test
  void cutsOpenConnectionsAndRefusesNewOnesUntilHealed() {
    Jedis jedis = connect();
    proxy.cut();

    assertThatThrownBy(() -> jedis.incr(key)).isInstanceOf(JedisConnectionException.class);
    closeBroken(jedis);
    assertThatThrownBy(this::connect)
        .isInstanceOf(JedisConnectionException.class)
        .satisfies(
            e -> assertThat(e.getSuppressed()).hasAtLeastOneElementOfType(ConnectException.class));

    proxy.heal();

    assertWorks();
    assertThat(redis.client().get(key)).isEqualTo("1");
  }

  @Test
  void refusesFromTheMomentItIsCut() {
    for (int i = 0; i < CUTS; i++) {
      proxy.cut();
      assertThatThrownBy(this::open).isInstanceOf(ConnectException.class);
      proxy.heal();
    }
  }

  @Test
  void swallowsRequestsForGoodInABlackHole() throws IOException {
    try (Jedis before = connect()) {
      proxy.blackHole();
      assertTimesOut(before);
      awaitGaps(1); // the proxy's thread may be late, too
      try (Socket within = open()) { // a client may want an answer before it counts as connected
        within.setSoTimeout(SILENCE_MILLIS);
        within
            .getOutputStream()
            .write(("INCR " + key + "\r\n").getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> within.getInputStream().read())
            .isInstanceOf(SocketTimeoutException.class);
        awaitGaps(2);
      }
    }

    proxy.heal();

    assertWorks();
    assertThat(redis.client().get(key)).isEqualTo("1");
  }

  @Test
  void dropsRepliesOfRequestsThatWereExecuted() {
    try (Jedis jedis = connect()) {
      proxy.dropReplies();

      assertTimesOut(jedis);
      awaitCounter(1);
    }

    proxy.heal();

    assertWorks();
    assertThat(redis.client().get(key)).isEqualTo("2");
  }

  @Test
  void closesConnectionsWithAGapAndNoOthersWhenHealed() throws IOException {
    try (Socket gap = open();
        Jedis whole = connect()) {
      proxy.dropReplies();
      gap.getOutputStream().write(("INCR " + key + "\r\n").getBytes(UTF_8));
      gap.setSoTimeout(SILENCE_MILLIS);
      awaitCounter(1);
      assertThatThrownBy(gap.getInputStream()::read).isInstanceOf(SocketTimeoutException.class);
      awaitGaps(1);

      proxy.heal();
      gap.setSoTimeout((int) DEADLINE.toMillis());

      assertThat(gap.getInputStream().read()).isEqualTo(-1);
      assertThat(whole.incr(key)).isEqualTo(2);
    }
  }

  @Test
  void closesOnlyTheReplyHalfOfOpenConnections() {
    try (Jedis halfClosed = connect()) {
      halfClosed.ping();
      proxy.halfClose();

      assertThatThrownBy(() -> halfClosed.incr(key))
          .isInstanceOf(JedisConnectionException.class)
          .hasMessageContaining("Unexpected end of stream");
      awaitCounter(1);
    }

    assertWorks();
  }

  @Test
  void closesTheClientWhenTheTargetIsDown() {
    try (RedisProcess target = RedisProcess.start();
        FaultProxy toTarget = FaultProxy.to(target.address())) {
      Jedis jedis = new Jedis(toTarget.address(), config());
      jedis.ping();

      target.kill();

      assertThatThrownBy(jedis::ping).isInstanceOf(JedisConnectionException.class);
      closeBroken(jedis);
    }
  }

  @Test
  void leavesNoThreadBehind() {
    ThreadLeaks.assertNone(
        "perf-testing-proxy-",
        () -> {
          try (FaultProxy closed = FaultProxy.to(redis.address());
              Jedis jedis = new Jedis(closed.address(), config())) {
            jedis.ping();
            closed.delay(Duration.ofMinutes(1));
            assertTimesOut(jedis);
          }
        });
  }

  @Test
  void hasNoFaultsOnceClosed() {
    proxy.close();
    proxy.close();

    assertThatThrownBy(proxy::heal)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the proxy is closed");
  }

  private Jedis connect() {
    Jedis jedis = new Jedis(proxy.address(), config());
    jedis.connect();
    return jedis;
  }

  /** To close is to flush: it throws if the peer refused the request while it was written. */
  private static void closeBroken(Jedis jedis) {
    try {
      jedis.close();
    } catch (JedisConnectionException brokenPipe) {
      assertThat(brokenPipe).hasRootCauseInstanceOf(SocketException.class);
    }
  }

  private void awaitCounter(int value) {
    String expected = Integer.toString(value);
    Await.until(
        "the counter is " + value, DEADLINE, () -> expected.equals(redis.client().get(key)));
  }

  private void awaitGaps(int count) {
    Await.until(count + " connections lost bytes", DEADLINE, () -> proxy.gaps() == count);
  }

  private Socket open() throws IOException {
    return new Socket(proxy.address().getHost(), proxy.address().getPort());
  }

  private void assertWorks() {
    try (Jedis jedis = connect()) {
      jedis.incr(key);
    }
  }

  private void assertTimesOut(Jedis jedis) {
    jedis.connect();
    jedis.getConnection().setSoTimeout(SILENCE_MILLIS);
    assertThatThrownBy(() -> jedis.incr(key))
        .isInstanceOf(JedisConnectionException.class)
        .hasRootCauseInstanceOf(SocketTimeoutException.class);
  }

  private static DefaultJedisClientConfig config() {
    return DefaultJedisClientConfig.builder()
        .protocol(RedisProtocol.RESP2)
        .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
        .timeoutMillis((int) DEADLINE.toMillis())
        .build();
  }
}
