package io.perfkit.ratelimit.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.weave.Weaver;
import io.perfkit.weave.WeavingRefused;
import org.junit.jupiter.api.Test;

/** The aspect in services that a weaver creates, and what it refuses. */
final class RateLimitedTest extends RateLimitedContract {

  @Override
  Service advised(RateLimitAspect aspect) {
    return Weaver.of(aspect).create(Service.class);
  }

  @Test
  void aCallInsideTheServiceCountsToo() {
    assertThatThrownBy(() -> service.twice(new Customer(7, null)))
        .isInstanceOf(RateLimitExceeded.class);
    assertThat(service.runs).hasValue(1);
  }

  static class Faulty {
    @RateLimited(plan = "unknown")
    void noPlan() {}

    @RateLimited(plan = "user")
    void noKey(long id) {}

    @RateLimited(
        plan = "all",
        key = {"id"})
    void tooMany(long id) {}

    @RateLimited(plan = "user", key = "idd")
    void badExpression(long id) {}

    @RateLimited(plan = "user", key = "customer")
    void noText(Customer customer) {}

    @RateLimited(plan = "user", key = "amount")
    void fraction(double amount) {}
  }

  @Test
  void allThatIsWrongIsRefusedWhenWeaving() {
    WeavingRefused refused =
        catchThrowableOfType(WeavingRefused.class, () -> Weaver.of(aspect).create(Faulty.class));

    assertThat(refused.problems()).hasSize(6);
    assertThat(refused)
        .hasMessageContaining(
            "there is no plan 'unknown' (known: all, at-once, both, user); give it to"
                + " RateLimitAspect.of(..)")
        .hasMessageContaining(
            "key has 0 expressions, but plan 'user' counts by [user]; say one for each")
        .hasMessageContaining("key has 1 expressions, but plan 'all' counts by []")
        .hasMessageContaining("unknown name 'idd' (known: id)")
        .hasMessageContaining("key: 'customer' is a Customer (expected: a String,")
        .hasMessageContaining("key: 'amount' is a double (expected: a String,");
  }

  @Test
  void plansHaveNamesOfTheirOwn() {
    assertThatThrownBy(() -> RateLimitAspect.of(limiter, Plan.of("a"), Plan.of("a")))
        .hasMessage("plans: two are named 'a' (expected: one of each name)");
  }

  /** The two layers of a weaver: refused calls are not answered by what stands inside. */
  @Test
  void standsAroundWhatAnswers() {
    assertThat(RateLimitAspect.of(limiter).layer())
        .isLessThan(io.perfkit.weave.Layer.ANSWER)
        .isGreaterThan(io.perfkit.weave.Layer.OBSERVE);
  }
}
