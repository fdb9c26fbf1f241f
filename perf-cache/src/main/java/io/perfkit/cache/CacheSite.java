package io.perfkit.cache;

import io.perfkit.weave.Site;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** One cache annotation on one method while it is woven: what all kinds of them have in common. */
final class CacheSite {
  private final Site site;
  private final Map<String, NamedCache> caches;
  private final Map<String, NamedCache> known;

  /**
   * @param caches those of this class and before
   * @param known where they go once the class is accepted
   */
  CacheSite(Site site, Map<String, NamedCache> caches, Map<String, NamedCache> known) {
    this.site = site;
    this.caches = caches;
    this.known = known;
  }

  Site site() {
    return site;
  }

  /** The name that the annotation gives, or the class; without one the site is refused. */
  Optional<String> name(String value, String cache) {
    String own = value.isEmpty() ? cache : value;
    String name = own.isEmpty() ? orDefault("", CacheDefaults::cache) : own;
    if (!value.isEmpty() && !cache.isEmpty() && !value.equals(cache)) {
      site.refuse("names two caches, '" + value + "' and '" + cache + "'; remove one");
      return Optional.empty();
    }
    if (name.isEmpty()) {
      site.refuse(
          "names no cache; add cache = \"..\", or @CacheDefaults(cache = \"..\") on the class");
      return Optional.empty();
    }
    return Optional.of(name);
  }

  /** What the annotation says, or else the class. */
  String orDefault(String own, Function<CacheDefaults, String> attribute) {
    return own.isEmpty() ? site.ofType(CacheDefaults.class).map(attribute).orElse("") : own;
  }

  /** The cache of a name that was declared before. */
  Optional<NamedCache> known(String name) {
    return Optional.ofNullable(caches.get(name));
  }

  /** Whether keys and values are those of the cache; if not, the site is refused. */
  boolean agrees(NamedCache cache, List<Class<?>> keyTypes, Type value) {
    boolean keys = cache.takes(keyTypes);
    if (!keys) {
      site.refuse(
          "its key "
              + NamedCache.names(keyTypes)
              + " is not the key "
              + NamedCache.names(cache.keys().types())
              + " of cache '"
              + cache.name()
              + "' ("
              + cache.origin()
              + "); make them the same types");
    }
    boolean values = cache.value().equals(value);
    if (!values) {
      site.refuse(
          "its value "
              + value.getTypeName()
              + " is not the value "
              + cache.value().getTypeName()
              + " of cache '"
              + cache.name()
              + "' ("
              + cache.origin()
              + "); use another cache");
    }
    return keys && values;
  }

  /** The cache itself, now that the class is accepted. */
  Cache<Object, Object> open(NamedCache cache) {
    known.putIfAbsent(cache.name(), cache);
    return cache.cache();
  }

  void declare(NamedCache cache) {
    caches.put(cache.name(), cache);
  }

  /** The parts of the key: arguments, all or those marked. */
  List<KeyPart> keyParts() {
    MethodType method = site.methodType();
    List<KeyPart> all = new ArrayList<>();
    List<KeyPart> marked = new ArrayList<>();
    for (int i = 0; i < method.parameterCount(); i++) {
      KeyPart part = KeyPart.argument(i, method);
      all.add(part);
      if (site.arguments().get(i).declared().isAnnotationPresent(CacheKey.class)) {
        marked.add(part);
      }
    }
    return marked.isEmpty() ? all : marked;
  }
}
