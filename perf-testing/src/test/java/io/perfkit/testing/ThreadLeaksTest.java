package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class ThreadLeaksTest {
  private final CountDownLatch end = new CountDownLatch(1);

  @Test
  void passesWhenTheThreadsEndAfterTheBody() {
    ThreadLeaks.assertNone(
        "leak-ends-",
        () -> {
          start("leak-ends-1");
          end.countDown();
        });
  }

  @Test
  void overlooksThreadsThatRanBeforeAndThoseOfOtherNames() {
    start("leak-before-1");

    ThreadLeaks.assertNone("leak-before-", () -> start("leak-other-1"));

    end.countDown();
  }

  @Test
  void showsTheStackOfWhatIsLeft() {
    Duration deadline = Duration.ofMillis(50);

    assertThatThrownBy(
            () -> ThreadLeaks.assertNone("leak-stays-", deadline, () -> start("leak-stays-1")))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("1 thread(s) left after PT0.05S:\nleak-stays-1\n    at ")
        .hasMessageContaining("ThreadLeaksTest");

    end.countDown();
  }

  @Test
  void letsWhatTheBodyThrowsPass() {
    assertThatThrownBy(
            () ->
                ThreadLeaks.assertNone(
                    "leak-",
                    () -> {
                      throw new IOException("broken");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("broken");
  }

  private void start(String name) {
    Thread thread = new Thread(this::awaitEnd, name);
    thread.setDaemon(true);
    thread.start();
    Await.until( // or its stack might still be empty
        "it waits", Duration.ofSeconds(30), () -> thread.getState() == Thread.State.WAITING);
  }

  private void awaitEnd() {
    try {
      end.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
