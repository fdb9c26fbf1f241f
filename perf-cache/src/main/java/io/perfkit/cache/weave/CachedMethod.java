package io.perfkit.cache.weave;

import static java.lang.invoke.MethodType.methodType;
import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Cache;
import io.perfkit.cache.Entry;
import io.perfkit.cache.internal.Stages;
import io.perfkit.cache.internal.Thrown;
import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One {@code @Cacheable} method. A hit is key, local copy and result, as one handle without
 * branches that could be decided at weaving; only a miss packs the call's arguments.
 */
final class CachedMethod {
  private static final MethodHandle FOUND;
  private static final MethodHandle MISS;

  static {
    try {
      Lookup own = MethodHandles.lookup();
      FOUND = own.findStatic(CachedMethod.class, "found", methodType(boolean.class, Object.class));
      MISS =
          own.findVirtual(
              CachedMethod.class, "miss", methodType(Object.class, Object.class, Call.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Cache<Object, Object> cache;
  private final ResultShape shape;
  private final KeptEntry entries;

  CachedMethod(Cache<Object, Object> cache, ResultShape shape, KeptEntry entries) {
    this.cache = cache;
    this.shape = shape;
    this.entries = entries;
  }

  /**
   * The method with its cache.
   *
   * @param key takes the parameters of {@code method} and returns the key
   */
  MethodHandle around(MethodHandle method, MethodHandle key) {
    MethodType type = method.type();
    Class<?> result = type.returnType();
    List<Class<?>> call = type.parameterList();
    MethodHandle hit =
        MethodHandles.filterReturnValue(CacheReads.VALUE.bindTo(cache), shape.ofHit());
    hit = hit.asType(methodType(result, Object.class));
    hit = MethodHandles.dropArguments(hit, 1, Object.class);
    hit = MethodHandles.dropArguments(hit, 2, call);
    MethodHandle miss = MISS.bindTo(this).asType(methodType(result, Object.class, Call.class));
    miss = MethodHandles.collectArguments(miss, 1, Call.of(method));
    miss = MethodHandles.dropArguments(miss, 0, Object.class);
    MethodHandle answer = MethodHandles.guardWithTest(FOUND, hit, miss);
    MethodHandle search = MethodHandles.foldArguments(answer, CacheReads.LOCAL.bindTo(cache));
    return MethodHandles.foldArguments(search, key);
  }

  static boolean found(@Nullable Object copy) {
    return copy != null;
  }

  @Nullable Object miss(Object key, Call call) {
    return shape.stage()
        ? Stages.map(CacheReads.findLater(cache, key, unused -> loadLater(call)), shape::wrap)
        : shape.wrap(CacheReads.find(cache, key, unused -> load(call)));
  }

  private Entry<Object> load(Call call) {
    try {
      return entries.of(call, shape.unwrap(call.proceed()));
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
  }

  private CompletionStage<Entry<Object>> loadLater(Call call) {
    try {
      CompletionStage<?> stage =
          (CompletionStage<?>) requireNonNull(call.proceed(), entries.noStage());
      return Stages.map(stage, result -> entries.of(call, shape.unwrap(result)));
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
  }
}
