package io.perfkit.cache.weave;

import io.perfkit.cache.CacheConfig;
import io.perfkit.weave.Site;
import io.perfkit.weave.expression.Expression;
import io.perfkit.weave.expression.Scope;
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
    if (shape.stage() && !shape.plainStage()) {
      site.refuse(
          "returns a "
              + site.methodType().returnType().getSimpleName()
              + ", which a hit can't make; return a CompletionStage or a CompletableFuture");
      return;
    }
    Optional<Class<?>> once = OnceOnly.in(shape.value());
    if (once.isPresent()) {
      site.refuse(
          "returns a "
              + once.get().getSimpleName()
              + ", which can be used once, so a second caller would get nothing; return what is in"
              + " it, such as a List, a String or a byte[]");
      return;
    }
    Scope before = common.before();
    Optional<Expression> condition = common.condition("condition", cacheable.condition(), before);
    if (cacheable.batch()) {
      weaveBatch(shape, condition);
      return;
    }
    Scope after = common.after(shape);
    List<KeyPart> parts = common.keyParts(cacheable.key(), before);
    KeptEntry entries =
        new KeptEntry(
            common
                .condition("unless", cacheable.unless(), after)
                .map(unless -> common.function(unless.handle(), after)),
            common.functions(common.texts("tags", cacheable.tags(), after), after),
            common.method());
    common
        .name(cacheable.value(), cacheable.cache())
        .flatMap(name -> cache(name, shape.value(), KeyPart.types(parts)))
        .ifPresent(
            cache -> {
              MethodHandle key = KeyPart.key(parts, cache.keys(), before.types(), common.method());
              site.around(
                  method ->
                      only(
                          condition,
                          method,
                          new CachedMethod(common.open(cache), shape, entries)
                              .around(method, ofService(key, method))));
            });
  }

  private void weaveBatch(ResultShape shape, Optional<Expression> condition) {
    if (cacheable.key().length + cacheable.tags().length + cacheable.unless().length() > 0) {
      site.refuse("is a batch, for which key, unless and tags say nothing; remove them");
    }
    Optional<BatchShape> batch = BatchShape.of(site, shape);
    Optional<String> name = common.name(cacheable.value(), cacheable.cache());
    if (batch.isEmpty() || name.isEmpty()) {
      return;
    }
    cache(name.get(), batch.get().value(), batch.get().keyTypes())
        .ifPresent(
            cache ->
                site.around(
                    method ->
                        only(
                            condition,
                            method,
                            new BatchMethod(
                                    common.open(cache), cache.keys(), batch.get(), common.method())
                                .around(method))));
  }

  /** The plan if the condition holds, else the method. */
  private static MethodHandle only(
      Optional<Expression> condition, MethodHandle method, MethodHandle plan) {
    return condition
        .map(test -> MethodHandles.guardWithTest(ofService(test.handle(), method), plan, method))
        .orElse(plan);
  }

  /** A handle that takes a method's arguments, with the service before them. */
  private static MethodHandle ofService(MethodHandle arguments, MethodHandle method) {
    return MethodHandles.dropArguments(arguments, 0, method.type().parameterType(0));
  }

  private Optional<NamedCache> cache(String name, Type value, List<Class<?>> keyTypes) {
    Optional<NamedCache> known = common.known(name);
    if (known.isPresent()) {
      return known.filter(cache -> agrees(cache, keyTypes, value) && sharesKnowingly(name));
    }
    try {
      NamedCache declared =
          maker.declare(
              common.slot(name),
              keyTypes,
              value,
              maker.settings(
                  name,
                  common.orDefault(cacheable.ttl(), CacheDefaults::ttl),
                  common.orDefault(cacheable.localTtl(), CacheDefaults::localTtl)),
              site.toString());
      common.declare(declared);
      return Optional.of(declared).filter(cache -> sharesKnowingly(name));
    } catch (IllegalArgumentException e) {
      site.refuse(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private boolean agrees(NamedCache cache, List<Class<?>> keyTypes, Type value) {
    boolean keys = common.agreesOnKeys(cache, keyTypes);
    boolean values = common.agreesOnValues(cache, value);
    return agrees(cache) && keys && values;
  }

  /**
   * Whether no other method leaves the cache's name to the class as this one does: two methods
   * whose types are equal by chance would answer each other's calls. A method for one key and one
   * for many keys return the same values.
   */
  private boolean sharesKnowingly(String name) {
    if (!cacheable.value().isEmpty() || !cacheable.cache().isEmpty()) {
      return true;
    }
    Optional<String> other = common.imply(name, cacheable.batch());
    other.ifPresent(
        method ->
            site.refuse(
                "would answer calls of "
                    + method
                    + ", for both use cache '"
                    + name
                    + "' of @CacheDefaults with equal types; name a cache of its own, or cache = \""
                    + name
                    + "\" if both return the same value for a key"));
    return other.isEmpty();
  }

  /** Whether the times set here are those of the cache; an omitted time always is. */
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
    try {
      if (own.isPresent() && own.get().equals(maker.duration(attribute, said))) {
        return true;
      }
    } catch (IllegalArgumentException e) {
      site.refuse(String.valueOf(e.getMessage()));
      return false;
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
