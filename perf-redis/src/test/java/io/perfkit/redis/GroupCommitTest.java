package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Stepped.Fault;
import java.lang.reflect.Constructor;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * {@link GroupCommit} and {@link Waiter} as they are compiled, in many orders of their steps: the
 * invariants N1 to N5, N8 and W1.
 */
final class GroupCommitTest {
  private static final int MAX_ORDERS = 200_000;
  private static final long SEED = 20_261_130;
  private static final int RANDOM_ORDERS = 2_000;

  /**
   * Callers, calls of each, leads, maxWaiting, room, failing; closes, late, interrupts, connects.
   */
  private static final List<String> SHAPES =
      List.of(
          "2 2 1 9 9 -",
          "3 1 1 9 2 -",
          "3 1 2 9 9 -",
          "3 1 1 1 9 -",
          "3 1 1 9 9 0",
          "2 1 1 9 9 - closes",
          "2 1 1 9 9 - late",
          "2 1 2 9 9 1 late",
          "2 1 1 9 9 - interrupts",
          "2 1 1 9 9 - connects");

  private static Function<String, Interleavings.Scenario> scenarios(String shape) {
    try {
      ClassLoader loader =
          new SteppedLoader(
              Set.of(
                  "io.perfkit.redis.GroupCommit",
                  "io.perfkit.redis.Waiter",
                  "io.perfkit.redis.GroupCommitScenario"));
      Constructor<?> scenario =
          loader
              .loadClass("io.perfkit.redis.GroupCommitScenario")
              .getConstructor(String.class, String.class);
      return name -> {
        try {
          return (Interleavings.Scenario) scenario.newInstance(name, shape);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      };
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void holdsInAllOrdersInWhichThreadsAreInterruptedTwice() {
    try (Interleavings interleavings = new Interleavings(Fault.NONE)) {
      for (String shape : SHAPES) {
        assertThatCode(() -> interleavings.all(2, MAX_ORDERS, scenarios(shape)))
            .as(shape)
            .doesNotThrowAnyException();
      }
    }
  }

  @Test
  void holdsInRandomOrdersOfManyThreads() {
    try (Interleavings interleavings = new Interleavings(Fault.NONE)) {
      for (String shape :
          List.of(
              "5 2 1 9 3 1",
              "5 2 2 2 3 1 late",
              "4 2 2 9 9 - late interrupts",
              "2 1 1 9 9 - closes connects",
              "4 2 1 9 2 0 closes late connects")) {
        assertThatCode(() -> interleavings.some(SEED, RANDOM_ORDERS, scenarios(shape)))
            .as(shape)
            .doesNotThrowAnyException();
      }
    }
  }

  @Test
  void isCaughtIfALeaderThatGoesDoesNotLookAtTheQueue() {
    caught(Fault.LEADER_DOES_NOT_LOOK, "2 1 1 9 9 -", "stranded");
  }

  @Test
  void isCaughtIfACallerThatHasQueuedItsRequestDoesNotLookForALead() {
    caught(Fault.CALLER_DOES_NOT_LOOK, "2 1 1 9 9 -", "stranded");
  }

  @Test
  void isCaughtIfTwoThreadsTakeOneLead() {
    caught(Fault.TORN_NUMBER, "2 1 1 9 9 -", "N1: 2 lead");
  }

  @Test
  void isCaughtIfARequestEndsTwice() {
    caught(Fault.TORN_STATE, "2 1 1 9 9 - late", "");
  }

  @Test
  void isCaughtIfAThreadIsPromotedAndNotWoken() {
    caught(Fault.NO_WAKE_UP, "2 1 1 9 9 -", "stranded");
  }

  private static void caught(Fault fault, String shape, String why) {
    try (Interleavings interleavings = new Interleavings(fault)) {
      assertThatThrownBy(() -> interleavings.all(2, MAX_ORDERS, scenarios(shape)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining(why)
          .hasMessageNotContaining("orders");
    }
  }
}
