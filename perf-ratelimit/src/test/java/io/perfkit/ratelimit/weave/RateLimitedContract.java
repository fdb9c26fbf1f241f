package io.perfkit.ratelimit.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.ratelimit.RateLimitException;
import io.perfkit.ratelimit.RateLimiter;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Limits of annotated methods, the same in every form in which the aspect takes effect. */
abstract class RateLimitedContract {
  private static final Duration LONG = Duration.ofHours(1);

  final RateLimiter limiter = RateLimiter.local();
  final RateLimitAspect aspect =
      RateLimitAspect.of(
          limiter,
          Plan.of("all").with(Policy.tokenBucket("all", 2, LONG)),
          Plan.of("user").with(Policy.tokenBucket("by-user", 1, LONG), "user"),
          Plan.of("both")
              .withIfPresent(Policy.tokenBucket("tenants", 2, LONG), "tenant")
              .with(Policy.tokenBucket("users", 1, LONG), "user")
              .with(Policy.tokenBucket("users-slow", 9, LONG), "user"),
          Plan.of("at-once").with(Policy.concurrency("at-once", 1, Duration.ofMinutes(1))));

  final Service service = advised(aspect);

  /** A new service with the aspect in effect. */
  abstract Service advised(RateLimitAspect aspect);

  @AfterEach
  void close() {
    limiter.close();
  }

  record Customer(long id, @Nullable String tenant) {}

  enum Side {
    YES,
    NO
  }

  static class Service {
    final AtomicInteger runs = new AtomicInteger();

    @RateLimited(plan = "all")
    void unkeyed() {
      runs.incrementAndGet();
    }

    @RateLimited(plan = "user", key = "customer.id")
    int ofCustomer(Customer customer) {
      return runs.incrementAndGet();
    }

    @RateLimited(plan = "user", key = "side")
    long ofSide(Side side, double amount) {
      return runs.incrementAndGet();
    }

    @RateLimited(
        plan = "both",
        key = {"customer.tenant", "customer.id"})
    void ofBoth(Customer customer) {
      runs.incrementAndGet();
    }

    @RateLimited(plan = "user", key = "id")
    CompletionStage<String> later(UUID id) {
      return CompletableFuture.completedFuture("run " + runs.incrementAndGet());
    }

    @RateLimited(plan = "at-once")
    String held(Callback inside) throws IOException {
      runs.incrementAndGet();
      return inside.call();
    }

    @RateLimited(plan = "at-once")
    CompletableFuture<String> heldLater(CompletableFuture<String> result) {
      runs.incrementAndGet();
      return result;
    }

    String twice(Customer customer) {
      return ofCustomer(customer) + " " + ofCustomer(customer);
    }
  }

  interface Callback {
    String call() throws IOException;
  }

  @Test
  void runsWhileThePlanAdmitsAndThenThrowsTheRefusal() {
    service.unkeyed();
    service.unkeyed();

    RateLimitExceeded refused = catchThrowableOfType(RateLimitExceeded.class, service::unkeyed);

    assertThat(service.runs).hasValue(2);
    assertThat(refused).isInstanceOf(RateLimitException.class).hasMessageContaining("plan 'all'");
    assertThat(refused.decision().reason()).isEqualTo(Decision.Reason.SPENT);
    assertThat(refused.decision().retryAfter()).isPositive();
  }

  @Test
  void countsByTheKey() {
    assertThat(service.ofCustomer(new Customer(1, null))).isEqualTo(1);
    assertThat(service.ofCustomer(new Customer(2, null))).isEqualTo(2);
    assertThatThrownBy(() -> service.ofCustomer(new Customer(1, "other")))
        .isInstanceOf(RateLimitExceeded.class);
    assertThat(service.ofSide(Side.YES, 1.5)).isEqualTo(3);
    assertThat(service.ofSide(Side.NO, 1.5)).isEqualTo(4);
    assertThatThrownBy(() -> service.ofSide(Side.YES, 2)).isInstanceOf(RateLimitExceeded.class);
  }

  @Test
  void keysStandInTheOrderOfThePlansDimensions() {
    service.ofBoth(new Customer(1, "a"));
    service.ofBoth(new Customer(2, "a"));
    assertThatThrownBy(() -> service.ofBoth(new Customer(3, "a")))
        .isInstanceOf(RateLimitExceeded.class)
        .hasMessageContaining("tenants");
    assertThatThrownBy(() -> service.ofBoth(new Customer(1, "b")))
        .isInstanceOf(RateLimitExceeded.class)
        .hasMessageContaining("users");
  }

  @Test
  void aNullLeavesAnOptionalDimensionAway() {
    service.ofBoth(new Customer(1, null));
    service.ofBoth(new Customer(2, null));
    service.ofBoth(new Customer(3, null));
    assertThat(service.runs).hasValue(3);
  }

  @Test
  void aMethodThatReturnsAStageFailsTheStage() {
    UUID id = UUID.randomUUID();
    assertThat(service.later(id).toCompletableFuture().join()).isEqualTo("run 1");

    CompletionStage<String> refused = service.later(id);

    assertThatThrownBy(() -> refused.toCompletableFuture().join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(RateLimitExceeded.class);
    assertThat(service.runs).hasValue(1);
  }

  @Test
  void aPermitIsHeldUntilTheMethodEnds() throws IOException {
    assertThat(service.held(() -> refusedInside() ? "refused" : "admitted")).isEqualTo("refused");
    assertThat(service.held(() -> "again")).isEqualTo("again");
  }

  private boolean refusedInside() {
    return catchThrowable(() -> service.held(() -> "")) instanceof RateLimitExceeded;
  }

  @Test
  void aPermitIsReleasedWhenTheMethodThrows() throws IOException {
    assertThatThrownBy(
            () ->
                service.held(
                    () -> {
                      throw new IOException("broken");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("broken");
    assertThat(service.held(() -> "again")).isEqualTo("again");
  }

  @Test
  void aPermitIsHeldUntilTheStageEnds() {
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> running = service.heldLater(first);
    assertThat(service.heldLater(new CompletableFuture<>())).isCompletedExceptionally();
    assertThat(service.runs).hasValue(1);

    first.completeExceptionally(new IllegalStateException("failed"));

    assertThat(running).isCompletedExceptionally();
    assertThat(service.heldLater(CompletableFuture.completedFuture("again")))
        .isCompletedWithValue("again");
  }
}
