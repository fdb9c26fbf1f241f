package io.perfkit.cache;

import io.perfkit.weave.Site;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One {@code @Cacheable} while it is woven: finds or declares its cache, then plans the method. */
final class CacheableSite {
  private final Cacheable cacheable;
  private final CacheSite common;
  private final Site site;
  private final CacheMaker maker;

  CacheableSite(CacheSite common, Cacheable cacheable, CacheMaker maker) {
    this.common = common;
    this.site = common.site();
    this.cacheable = cacheable;
    this.maker = maker;
  }

  void weave() {
    ResultShape shape = ResultShape.of(site.result());
    if (shape.value() == Void.class) {
      site.refuse("returns nothing to keep; remove @Cacheable");
      return;
    }
    List<KeyPart> parts = common.keyParts();
    common
        .name(cacheable.value(), cacheable.cache())
        .flatMap(name -> cache(name, shape.value(), KeyPart.types(parts)))
        .ifPresent(cache -> site.around(method -> plan(method, cache, shape, parts)));
  }

  private MethodHandle plan(
      MethodHandle method, NamedCache cache, ResultShape shape, List<KeyPart> parts) {
    List<Class<?>> arguments = site.methodType().parameterList();
    MethodHandle key = KeyPart.key(parts, cache.keys(), arguments);
    Class<?> service = method.type().parameterType(0);
    return new CachedMethod(common.open(cache), shape)
        .around(method, MethodHandles.dropArguments(key, 0, service));
  }

  private Optional<NamedCache> cache(String name, Type value, List<Class<?>> keyTypes) {
    Optional<NamedCache> known = common.known(name);
    if (known.isPresent()) {
      return known.filter(cache -> common.agrees(cache, keyTypes, value) && agrees(cache));
    }
    try {
      NamedCache declared =
          maker.declare(
              name,
              keyTypes,
              value,
              maker.settings(
                  common.orDefault(cacheable.ttl(), CacheDefaults::ttl),
                  common.orDefault(cacheable.localTtl(), CacheDefaults::localTtl)),
              site.toString());
      common.declare(declared);
      return Optional.of(declared);
    } catch (IllegalArgumentException e) {
      site.refuse(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** A time said here has to be that of the cache; one left out is. */
  private boolean agrees(NamedCache cache) {
    boolean ttl = agrees("ttl", cacheable.ttl(), cache, CacheConfig::l2Ttl);
    return agrees("localTtl", cacheable.localTtl(), cache, CacheConfig::l1Ttl) && ttl;
  }

  private boolean agrees(
      String attribute, String said, NamedCache cache, Function<CacheConfig, Duration> setting) {
    if (said.isEmpty()) {
      return true;
    }
    Optional<Duration> own = cache.config().map(setting);
    if (own.isPresent() && own.get().equals(TtlText.parse(attribute, said))) {
      return true;
    }
    site.refuse(
        attribute
            + ": \""
            + said
            + "\" contradicts "
            + cache.origin()
            + ", where cache '"
            + cache.name()
            + "' has "
            + own.map(Duration::toString).orElse("its own settings")
            + "; a cache has one "
            + attribute);
    return false;
  }
}
