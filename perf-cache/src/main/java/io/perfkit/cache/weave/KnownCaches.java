package io.perfkit.cache.weave;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The caches that annotations of a class may name while it is woven: those of the class itself,
 * those of the host, and those declared before. One thread at a time.
 */
final class KnownCaches {
  private final Map<String, NamedCache> given;
  private final DeclaredCaches declared;
  private final Map<String, NamedCache> ofClass = new HashMap<>();
  private final Map<String, Set<ImpliedBy>> implied = new HashMap<>();

  KnownCaches(Map<String, NamedCache> given, DeclaredCaches declared) {
    this.given = given;
    this.declared = declared;
  }

  Optional<NamedCache> find(String name) {
    return Optional.ofNullable(given.get(name))
        .or(() -> Optional.ofNullable(ofClass.get(name)))
        .or(() -> declared.slot(name).declared());
  }

  CacheSlot slot(String name) {
    return declared.slot(name);
  }

  /** See {@link CacheSite#imply}. */
  Optional<String> imply(String name, ImpliedBy method) {
    Set<ImpliedBy> here = implied.computeIfAbsent(name, key -> new LinkedHashSet<>());
    Optional<String> rival =
        Stream.concat(here.stream(), declared.slot(name).implied().stream())
            .filter(method::rivals)
            .map(ImpliedBy::method)
            .findFirst();
    here.add(method);
    return rival;
  }

  /** Makes a cache known to the rest of the class. */
  void declare(NamedCache cache) {
    ofClass.put(cache.name(), cache);
  }

  /** Makes a cache known to all classes, once its class is accepted. */
  void accept(NamedCache cache) {
    declared.slot(cache.name()).imply(implied.getOrDefault(cache.name(), Set.of()));
    if (!given.containsKey(cache.name())) {
      declared.slot(cache.name()).declare(cache);
    }
  }

  Set<String> names() {
    Set<String> names = new TreeSet<>(given.keySet());
    names.addAll(ofClass.keySet());
    return names;
  }
}
