package io.perfkit.cache.weave;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.cache.Cache;
import io.perfkit.cache.Caches;
import io.perfkit.cache.Entry;
import io.perfkit.cache.internal.Thrown;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The two halves of a cache's read, which a woven method calls one by one. They are package-private
 * in {@link Cache} and stay so: a lookup sees them, since both packages are in one module.
 */
final class CacheReads {
  /** Takes a cache and a key; returns the local copy as an Object, null if there is none. */
  static final MethodHandle LOCAL;

  /** Takes a cache and the result of {@link #LOCAL}; returns the value for one caller. */
  static final MethodHandle VALUE;

  private static final MethodHandle FIND;
  private static final MethodHandle FIND_LATER;
  private static final MethodHandle COMPANIONS;

  static {
    try {
      Lookup cache = MethodHandles.privateLookupIn(Cache.class, MethodHandles.lookup());
      Class<?> copy = cache.findClass(Cache.class.getPackageName() + ".LocalEntry");
      LOCAL =
          cache
              .findVirtual(Cache.class, "local", methodType(copy, Object.class))
              .asType(methodType(Object.class, Cache.class, Object.class));
      VALUE =
          cache
              .findVirtual(Cache.class, "value", methodType(Object.class, copy))
              .asType(methodType(Object.class, Cache.class, Object.class));
      FIND =
          cache.findVirtual(
              Cache.class, "find", methodType(Object.class, Object.class, Function.class));
      FIND_LATER =
          cache.findVirtual(
              Cache.class,
              "findLater",
              methodType(CompletableFuture.class, Object.class, Function.class));
      COMPANIONS =
          MethodHandles.privateLookupIn(Caches.class, MethodHandles.lookup())
              .findGetter(Caches.class, "companions", ConcurrentMap.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private CacheReads() {}

  /** The objects of this package that live as long as some caches. */
  @SuppressWarnings("unchecked") // as the caches declare it
  static ConcurrentMap<Class<?>, Object> companions(Caches caches) {
    try {
      return (ConcurrentMap<Class<?>, Object>) COMPANIONS.invokeExact(caches);
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
  }

  /** The rest of a read after an L1 miss. */
  static @Nullable Object find(
      Cache<Object, Object> cache, Object key, Function<Object, Entry<Object>> loader) {
    try {
      return (Object) FIND.invokeExact(cache, key, loader);
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
  }

  /** As {@link #find}, for a loader whose entry comes later. */
  @SuppressWarnings("unchecked") // as the cache declares it
  static CompletableFuture<@Nullable Object> findLater(
      Cache<Object, Object> cache,
      Object key,
      Function<Object, CompletionStage<Entry<Object>>> loader) {
    try {
      return (CompletableFuture<@Nullable Object>)
          (CompletableFuture<?>) FIND_LATER.invokeExact(cache, key, loader);
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
  }
}
