package io.perfkit.cache.weave;

import static java.lang.invoke.MethodType.methodType;
import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Cache;
import io.perfkit.cache.Entry;
import io.perfkit.cache.internal.Thrown;
import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One {@code @Cacheable(batch = true)} method: reads all ids from the cache, the others by the
 * method.
 */
final class BatchMethod {
  private final Cache<Object, Object> cache;
  private final BatchShape shape;
  private final MethodHandle keyFactory;
  private final String method;

  BatchMethod(Cache<Object, Object> cache, KeyLayout keys, BatchShape shape, String method) {
    this.method = method;
    this.cache = cache;
    this.shape = shape;
    int parts = keys.types().size();
    this.keyFactory =
        keys.factory().asType(keys.factory().type().generic()).asSpreader(Object[].class, parts);
  }

  /** The method with its cache. */
  MethodHandle around(MethodHandle method) {
    try {
      MethodHandle handler =
          MethodHandles.lookup()
              .findVirtual(BatchMethod.class, "find", methodType(Object.class, Call.class));
      return Call.handledBy(handler.bindTo(this), method);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("find", e);
    }
  }

  Object find(Call call) throws Throwable {
    Map<Object, Object> ids = new LinkedHashMap<>();
    Collection<?> wanted =
        (Collection<?>)
            requireNonNull(
                call.argument(shape.ids()), method + " was given null (expected: ids, maybe none)");
    for (Object id : wanted) {
      ids.put(key(call, id), id);
    }
    Map<Object, Object> found =
        cache.getAllEntries(ids.keySet(), missing -> load(call, missing, ids));
    Map<Object, Object> byId = new LinkedHashMap<>();
    found.forEach((key, value) -> byId.put(ids.get(key), value));
    return byId;
  }

  /** The id, then the other arguments. */
  private Object key(Call call, Object id) throws Throwable {
    List<@Nullable Object> parts = new ArrayList<>();
    parts.add(id);
    for (int i = 0; i < shape.keyTypes().size(); i++) {
      if (i != shape.ids()) {
        parts.add(call.argument(i));
      }
    }
    return keyFactory.invokeExact(parts.toArray());
  }

  private Map<Object, Entry<Object>> load(Call call, Set<Object> missing, Map<Object, Object> ids) {
    Map<Object, Object> loaded;
    try {
      Call rest =
          call.withArgument(shape.ids(), shape.collect(missing.stream().map(ids::get).toList()));
      loaded = asMap(rest.proceed());
    } catch (Throwable failure) {
      throw Thrown.<RuntimeException>asIs(failure);
    }
    Map<Object, Entry<Object>> entries = new LinkedHashMap<>();
    missing.forEach(key -> entries.put(key, KeptEntry.ofNullable(loaded.get(ids.get(key)))));
    return entries;
  }

  @SuppressWarnings("unchecked") // the method's result type was checked when weaving
  private Map<Object, Object> asMap(@Nullable Object result) {
    return requireNonNull(
        (Map<Object, Object>) result, method + " returned null (expected: a map, maybe empty)");
  }
}
