package io.perfkit.cache;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One {@code @Cacheable} method. A hit is key, local copy and result, as one handle without
 * branches that a plan could have decided; only a miss packs the call's arguments.
 */
final class CachedMethod {
  private static final MethodHandle LOCAL;
  private static final MethodHandle FOUND;
  private static final MethodHandle MISS;

  static {
    try {
      Lookup own = MethodHandles.lookup();
      LOCAL = own.findVirtual(Cache.class, "local", methodType(Object.class, Object.class));
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

  CachedMethod(Cache<Object, Object> cache, ResultShape shape) {
    this.cache = cache;
    this.shape = shape;
  }

  /**
   * The method with its cache.
   *
   * @param key takes what {@code method} takes and gives the key
   */
  MethodHandle around(MethodHandle method, MethodHandle key) {
    MethodType type = method.type();
    Class<?> result = type.returnType();
    List<Class<?>> call = type.parameterList();
    MethodHandle hit = shape.ofHit().asType(methodType(result, Object.class));
    hit = MethodHandles.dropArguments(hit, 1, Object.class);
    hit = MethodHandles.dropArguments(hit, 2, call);
    MethodHandle miss = MISS.bindTo(this).asType(methodType(result, Object.class, Call.class));
    miss = MethodHandles.collectArguments(miss, 1, Call.of(method));
    miss = MethodHandles.dropArguments(miss, 0, Object.class);
    MethodHandle answer = MethodHandles.guardWithTest(FOUND, hit, miss);
    MethodHandle search = MethodHandles.foldArguments(answer, LOCAL.bindTo(cache));
    return MethodHandles.foldArguments(search, key);
  }

  static boolean found(@Nullable Object copy) {
    return copy != null;
  }

  @Nullable Object miss(Object key, Call call) {
    return shape.wrap(cache.find(key, unused -> load(call)));
  }

  private @Nullable Object load(Call call) {
    try {
      return shape.unwrap(call.proceed());
    } catch (Throwable failure) {
      throw CachedMethod.<RuntimeException>asIs(failure);
    }
  }

  /** The method declares what it throws, a loader can't. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E asIs(Throwable failure) throws E {
    throw (E) failure;
  }
}
