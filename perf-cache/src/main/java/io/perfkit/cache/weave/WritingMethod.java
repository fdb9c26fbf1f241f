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

/** One method whose calls change caches, as {@code @CachePut} and {@code @CacheEvict} say. */
final class WritingMethod {

  /** A change that one annotation makes. */
  interface Change {
    /** Makes it, given the method's value without what it is wrapped in; null before the call. */
    void make(Call call, @Nullable Object value) throws Throwable;

    /** The same change, where a condition of the call holds. */
    default Change onlyIf(Optional<MethodHandle> condition) {
      return condition
          .<Change>map(
              test ->
                  (call, value) -> {
                    if (Boolean.TRUE.equals(call.apply(test, value))) {
                      make(call, value);
                    }
                  })
          .orElse(this);
    }
  }

  private final ResultShape shape;
  private final List<Change> before = new ArrayList<>();
  private final List<Change> after = new ArrayList<>();

  WritingMethod(ResultShape shape) {
    this.shape = shape;
  }

  void before(Change change) {
    before.add(change);
  }

  void after(Change change) {
    after.add(change);
  }

  /** The method with its changes around it. */
  MethodHandle around(MethodHandle method) {
    try {
      MethodHandle handler =
          MethodHandles.lookup()
              .findVirtual(WritingMethod.class, "call", methodType(Object.class, Call.class));
      return Call.handledBy(handler.bindTo(this), method);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("call", e);
    }
  }

  @Nullable Object call(Call call) throws Throwable {
    for (Change change : before) {
      change.make(call, null);
    }
    Object result = call.proceed();
    if (!shape.stage()) {
      finish(call, result);
      return result;
    }
    CompletionStage<Object> finished =
        Stages.map(
            (CompletionStage<?>) requireNonNull(result, "stage"),
            value -> {
              finish(call, value);
              return value;
            });
    return finished;
  }

  private void finish(Call call, @Nullable Object result) throws Throwable {
    Object value = shape.unwrap(result);
    for (Change change : after) {
      change.make(call, value);
    }
  }
}
