package io.perfkit.cache.weave;

import io.perfkit.weave.Site;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a batch method {@code Map<K, V> find(Collection<K> ids, ..)}. Immutable.
 *
 * @param ids index of the parameter with the ids
 * @param collection the type of the parameter with the ids
 * @param keyTypes an id, then the other parameters
 * @param value the type of the kept values
 */
record BatchShape(int ids, Class<?> collection, List<Class<?>> keyTypes, Type value) {
  private static final Set<Class<?>> COLLECTIONS = Set.of(Collection.class, List.class, Set.class);

  /** The shape of a method; refuses the site if it has none. */
  static Optional<BatchShape> of(Site site, ResultShape result) {
    List<Site.Argument> arguments = site.arguments();
    int ids = 0;
    for (int marked : site.marked(CacheKey.class)) {
      ids = marked;
    }
    Optional<Type> id =
        arguments.isEmpty()
            ? Optional.empty()
            : argument(arguments.get(ids).type(), COLLECTIONS, 0, 1);
    Optional<Type> key = argument(result.value(), Set.of(Map.class), 0, 2);
    Optional<Type> value = argument(result.value(), Set.of(Map.class), 1, 2);
    boolean plain = !result.stage() && !result.optional();
    if (!plain || id.isEmpty() || !id.equals(key) || !(id.get() instanceof Class<?> idClass)) {
      site.refuse(
          "is no batch (expected: Map<K, V> name(Collection<K> ids, ..), where ids may be a List or"
              + " a Set and stands first or is marked @CacheKey)");
      return Optional.empty();
    }
    List<Class<?>> keyTypes = new ArrayList<>(site.methodType().parameterList());
    Class<?> collection = keyTypes.remove(ids);
    keyTypes.add(0, idClass);
    return Optional.of(new BatchShape(ids, collection, keyTypes, value.orElseThrow()));
  }

  private static Optional<Type> argument(Type type, Set<Class<?>> raw, int index, int count) {
    return type instanceof ParameterizedType generic
            && raw.contains(generic.getRawType())
            && generic.getActualTypeArguments().length == count
        ? Optional.of(generic.getActualTypeArguments()[index])
        : Optional.empty();
  }

  /** Ids in a collection of the parameter's type. */
  Collection<@Nullable Object> collect(Collection<? extends @Nullable Object> some) {
    return collection == List.class ? new ArrayList<>(some) : new LinkedHashSet<>(some);
  }
}
