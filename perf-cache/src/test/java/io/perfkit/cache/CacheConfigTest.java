package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CacheConfigTest {
  @Test
  void hasTheDocumentedDefaults() {
    assertThat(CacheConfig.defaults())
        .isEqualTo(
            new CacheConfig(
                10_000,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10),
                Duration.ofSeconds(2),
                OnRedisDown.SERVE_LOCAL,
                Duration.ZERO,
                0.1,
                Duration.ofSeconds(10),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ZERO,
                Duration.ZERO,
                0,
                Duration.ZERO,
                Set.of(),
                0,
                Duration.ZERO,
                Copies.SHARE,
                16 << 20,
                16 << 20));
  }

  @Test
  void keepsL1WithinL2() {
    Duration l2 = Duration.ofSeconds(5);
    assertThat(CacheConfig.builder().l1Ttl(l2).l2Ttl(l2).build().l1Ttl()).isEqualTo(l2);
    assertThatThrownBy(() -> CacheConfig.builder().l1Ttl(l2.plusNanos(1)).l2Ttl(l2).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("l1Ttl: PT5.000000001S (expected: <= l2Ttl PT5S)");
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> CacheConfig.builder().maxEntries(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxEntries: 0 (expected: >= 1)");
    assertThatThrownBy(() -> CacheConfig.builder().l1Ttl(Duration.ZERO).build())
        .hasMessage("l1Ttl: PT0S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().l2Ttl(Duration.ofDays(366)).build())
        .hasMessage("l2Ttl: PT8784H (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().lease(Duration.ofMillis(-1)).build())
        .hasMessage("lease: PT-0.001S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().maxStaleness(Duration.ofMillis(99)).build())
        .hasMessage("maxStaleness: PT0.099S (expected: 100 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().onRedisDown(null).build())
        .hasMessage("onRedisDown");
    assertThatThrownBy(() -> CacheConfig.builder().absentTtl(Duration.ofNanos(1)).build())
        .hasMessage("absentTtl: PT0.000000001S (expected: 1 ms to 365 days)");
    for (double jitter : new double[] {-0.1, 0.6, Double.NaN}) {
      assertThatThrownBy(() -> CacheConfig.builder().jitter(jitter).build())
          .hasMessage("jitter: " + jitter + " (expected: 0 to 0.5)");
    }
    assertThatThrownBy(() -> CacheConfig.builder().lease(null).build()).hasMessage("lease");
    assertThatThrownBy(() -> CacheConfig.builder().maxValueBytes(0).build())
        .hasMessageStartingWith("maxValueBytes: 0 (expected:");
    assertThatThrownBy(() -> CacheConfig.builder().maxValueBytes(5).compressAboveBytes(6).build())
        .hasMessageStartingWith("compressAboveBytes: 6 (expected: 0 to maxValueBytes 5");
    assertThat(CacheConfig.builder().maxValueBytes(5).build().compressAboveBytes())
        .as("compression that was off stays off")
        .isEqualTo(5);
  }

  @Test
  void refusesWhatCannotBeAboutStaleValues() {
    assertThatThrownBy(
            () -> CacheConfig.builder().staleWhileRevalidate(Duration.ofNanos(1)).build())
        .hasMessage("staleWhileRevalidate: PT0.000000001S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().staleIfError(Duration.ofDays(366)).build())
        .hasMessage("staleIfError: PT8784H (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().staleIfError(null).build())
        .hasMessage("staleIfError");
    assertThatThrownBy(() -> CacheConfig.builder().throttle(Duration.ZERO).build())
        .hasMessage("throttle: PT0S (expected: 1 ms to 365 days)");
    for (double share : new double[] {-0.1, 0.91, Double.NaN}) {
      assertThatThrownBy(() -> CacheConfig.builder().refreshAhead(share).build())
          .hasMessage("refreshAhead: " + share + " (expected: 0 to 0.9)");
    }
  }

  @Test
  void refusesTimeLimitsThatCannotBe() {
    Duration second = Duration.ofSeconds(1);
    CacheConfig.Builder builder = CacheConfig.builder().staleIfError(second);
    assertThat(builder.loadTimeout(second, second).build().loadTimeoutSoft()).isEqualTo(second);
    assertThat(builder.loadTimeout(second, Duration.ZERO).build().limitsLoads()).isTrue();
    assertThatThrownBy(() -> builder.loadTimeout(second.plusNanos(1), second).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("loadTimeoutSoft: PT1.000000001S (expected: <= loadTimeoutHard PT1S)");
    assertThatThrownBy(() -> builder.loadTimeout(Duration.ZERO, second.negated()).build())
        .hasMessage("loadTimeoutHard: PT-1S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().loadTimeout(second, second).build())
        .hasMessage(
            "loadTimeoutSoft: PT1S (expected: zero without staleIfError, which is what could serve"
                + " then)");
  }

  @Test
  void refusesWhatCannotBeAboutLocalCopies() {
    assertThatThrownBy(() -> CacheConfig.builder().maxWeight(-1).build())
        .hasMessage("maxWeight: -1 (expected: >= 0)");
    assertThatThrownBy(() -> CacheConfig.builder().localIdle(Duration.ofNanos(1)).build())
        .hasMessage("localIdle: PT0.000000001S (expected: 1 ms to 365 days)");
    assertThatThrownBy(() -> CacheConfig.builder().copies(null).build()).hasMessage("copies");
  }

  @Test
  void remembersFailuresOfSomeKindsForSomeTimeOrNone() {
    CacheConfig config =
        CacheConfig.builder().failureTtl(Duration.ofSeconds(1), IOException.class).build();
    assertThat(config.remembers(new FileNotFoundException())).isTrue();
    assertThat(config.remembers(new IllegalStateException())).isFalse();
    assertThatThrownBy(() -> CacheConfig.builder().failureTtl(Duration.ofSeconds(1)).build())
        .hasMessage("failureTtl: PT1S with 0 kinds of failures (expected: both or neither)");
    assertThatThrownBy(
            () -> CacheConfig.builder().failureTtl(Duration.ZERO, IOException.class).build())
        .hasMessage("failureTtl: PT0S with 1 kinds of failures (expected: both or neither)");
    assertThatThrownBy(
            () -> CacheConfig.builder().failureTtl(Duration.ofNanos(1), IOException.class).build())
        .hasMessage("failureTtl: PT0.000000001S (expected: 1 ms to 365 days)");
  }

  @Test
  void isDerivedWithoutLosingAnything() {
    CacheConfig config =
        CacheConfig.builder()
            .maxEntries(5)
            .l1Ttl(Duration.ofSeconds(1))
            .l2Ttl(Duration.ofSeconds(2))
            .maxStaleness(Duration.ofSeconds(3))
            .onRedisDown(OnRedisDown.FAIL)
            .absentTtl(Duration.ofSeconds(4))
            .jitter(0.2)
            .lease(Duration.ofSeconds(5))
            .staleWhileRevalidate(Duration.ofSeconds(6))
            .staleIfError(Duration.ofSeconds(7))
            .throttle(Duration.ofSeconds(8))
            .loadTimeout(Duration.ofSeconds(9), Duration.ofSeconds(10))
            .refreshAhead(0.3)
            .failureTtl(Duration.ofSeconds(11), IOException.class)
            .maxWeight(12)
            .localIdle(Duration.ofSeconds(13))
            .copies(Copies.COPY)
            .compressAboveBytes(11)
            .maxValueBytes(12)
            .build();
    assertThat(config.toBuilder().build()).isEqualTo(config);
    assertThat(config).usingRecursiveComparison().isNotEqualTo(CacheConfig.defaults());
  }
}
