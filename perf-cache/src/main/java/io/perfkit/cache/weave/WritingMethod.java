package io.perfkit.cache.weave;

import static java.lang.invoke.MethodType.methodType;
import static java.util.Objects.requireNonNull;

import io.perfkit.cache.internal.Stages;
import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One method whose calls change caches by {@code @CachePut} and {@code @CacheEvict}. */
final class WritingMethod {

  /** A change that one annotation makes. */
  interface Change {
    /**
     * The action for a call, decided now and executed when it is run; null if there is none.
     *
     * @param value the method's result without its wrapper; null before the call
     */
    @Nullable Runnable of(Call call, @Nullable Object value) throws Throwable;

    /** This change, only if a condition of the call holds. */
    default Change onlyIf(Optional<MethodHandle> condition) {
      return condition
          .<Change>map(
              test ->
                  (call, value) ->
                      Boolean.TRUE.equals(call.apply(test, value)) ? of(call, value) : null)
          .orElse(this);
    }

    /** This change, only for calls with a result: its key is made of the result's parts. */
    default Change ofResult() {
      return (call, value) -> value == null ? null : of(call, value);
    }
  }

  private final ResultShape shape;
  private final String method;
  private final Optional<AfterCommit> afterCommit;
  private final List<Change> before = new ArrayList<>();
  private final List<Change> after = new ArrayList<>();

  /**
   * @param method for messages
   */
  WritingMethod(ResultShape shape, String method, Optional<AfterCommit> afterCommit) {
    this.shape = shape;
    this.method = method;
    this.afterCommit = afterCommit;
  }

  void before(Change change) {
    before.add(change);
  }

  void after(Change change) {
    after.add(change);
  }

  /** The method with its changes around it. */
  MethodHandle around(MethodHandle next) {
    try {
      MethodHandle handler =
          MethodHandles.lookup()
              .findVirtual(WritingMethod.class, "call", methodType(Object.class, Call.class));
      return Call.handledBy(handler.bindTo(this), next);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("call", e);
    }
  }

  @Nullable Object call(Call call) throws Throwable {
    for (Change change : before) {
      Runnable todo = change.of(call, null);
      if (todo != null) {
        todo.run();
      }
    }
    Object result = call.proceed();
    if (!shape.stage()) {
      finish(call, result);
      return result;
    }
    CompletionStage<?> running =
        (CompletionStage<?>) requireNonNull(result, KeptEntry.noStage(method));
    CompletionStage<Object> finished =
        Stages.map(
            running,
            value -> {
              finish(call, value);
              return value;
            });
    return shape.plainStage() ? finished : running;
  }

  private void finish(Call call, @Nullable Object result) throws Throwable {
    Object value = shape.unwrap(result);
    List<Runnable> todo = new ArrayList<>();
    for (Change change : after) {
      Runnable one = change.of(call, value);
      if (one != null) {
        todo.add(one);
      }
    }
    if (todo.isEmpty()) {
      return;
    }
    if (afterCommit.isPresent()) {
      afterCommit.get().run(() -> todo.forEach(Runnable::run));
    } else {
      todo.forEach(Runnable::run);
    }
  }
}
