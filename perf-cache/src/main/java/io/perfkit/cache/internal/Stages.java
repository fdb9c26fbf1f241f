package io.perfkit.cache.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Stages that pass failures on as they are, where those of the JDK wrap them at each step. */
public final class Stages {
  private Stages() {}

  /** The step after a stage; any exception that it throws is the failure. */
  public interface Step<T, R> {
    @Nullable R apply(T value) throws Throwable;
  }

  /** A new stage with what {@code step} makes of the value, or the failure as it is. */
  public static <T, R> CompletableFuture<R> map(
      CompletionStage<T> stage, Step<? super T, ? extends R> step) {
    CompletableFuture<R> mapped = new CompletableFuture<>();
    var unused =
        stage.whenComplete(
            (value, failure) -> {
              if (failure != null) {
                mapped.completeExceptionally(cause(failure));
                return;
              }
              try {
                mapped.complete(step.apply(value));
              } catch (Throwable thrown) {
                mapped.completeExceptionally(thrown);
              }
            });
    return mapped;
  }

  /** The failure without the wrappers of the JDK's stages. */
  public static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
