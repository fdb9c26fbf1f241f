package io.perfkit.cache.weave;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.weave.Aspect;
import io.perfkit.weave.Layer;
import io.perfkit.weave.Site;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The aspect that implements {@link Cacheable} and its companions, to be given to a {@link
 * io.perfkit.weave.Weaver}. Creates each cache that a {@code @Cacheable} names for the first time:
 * its keys have the types of the method's key, its values are JSON of the method's result type, or
 * strings, numbers and bytes as they are. Thread safe.
 *
 * <p>Cost of a woven call: an L1 hit allocates no object for a key of one argument that is an
 * object, and one for a key of several arguments.
 */
public final class CacheAspect implements Aspect {
  private static final Map<String, String> FOREIGN = foreignAnnotations();

  private final CacheMaker maker;
  private final Map<String, NamedCache> given;
  private final DeclaredCaches declared;
  private final Optional<AfterCommit> afterCommit;

  private CacheAspect(Builder builder) {
    this.maker =
        new CacheMaker(
            builder.caches,
            builder.config,
            Map.copyOf(builder.configs),
            Map.copyOf(builder.codecs),
            new Placeholders(builder.placeholders));
    this.given = Map.copyOf(builder.known);
    this.declared = DeclaredCaches.of(builder.caches);
    this.afterCommit = Optional.ofNullable(builder.afterCommit);
  }

  /** An aspect whose caches have the default settings, except where annotations set others. */
  public static CacheAspect of(Caches caches) {
    return builder(caches).build();
  }

  /** A builder for other settings, and for caches that exist. */
  public static Builder builder(Caches caches) {
    return new Builder(caches);
  }

  /** Directly around the method. */
  @Override
  public Layer layer() {
    return Layer.ANSWER;
  }

  private static Map<String, String> foreignAnnotations() {
    Map<String, String> foreign = new HashMap<>();
    String cacheable = "@" + Cacheable.class.getName();
    String put = "@" + CachePut.class.getName();
    String evict = "@" + CacheEvict.class.getName();
    String defaults = "@" + CacheDefaults.class.getName();
    String spring = "org.springframework.cache.annotation.";
    foreign.put(spring + "Cacheable", cacheable);
    foreign.put(spring + "CachePut", put);
    foreign.put(spring + "CacheEvict", evict);
    foreign.put(spring + "Caching", "the annotations in it");
    foreign.put(spring + "CacheConfig", defaults);
    for (String jcache : List.of("javax.cache.annotation.", "jakarta.cache.annotation.")) {
      foreign.put(jcache + "CacheResult", cacheable);
      foreign.put(jcache + "CachePut", put);
      foreign.put(jcache + "CacheRemove", evict);
      foreign.put(jcache + "CacheRemoveAll", evict + "(all = true)");
      foreign.put(jcache + "CacheKey", "@" + CacheKey.class.getName());
      foreign.put(jcache + "CacheDefaults", defaults);
    }
    String micronaut = "io.micronaut.cache.annotation.";
    foreign.put(micronaut + "Cacheable", cacheable);
    foreign.put(micronaut + "CachePut", put);
    foreign.put(micronaut + "CacheInvalidate", evict);
    foreign.put(micronaut + "CacheConfig", defaults);
    return Map.copyOf(foreign);
  }

  @Override
  public Set<Class<? extends Annotation>> annotations() {
    return Set.of(
        Cacheable.class, CachePut.class, CacheEvict.class, CacheEvict.List.class, CacheKey.class);
  }

  /** The cache annotations of Spring, JCache and Micronaut. */
  @Override
  public Map<String, String> foreign() {
    return FOREIGN;
  }

  /**
   * Names that {@code @CacheEvict} and {@code @CachePut} change on these {@link Caches} while no
   * {@code @Cacheable} has declared them: after a host has woven everything, such a name has no
   * reader, or is a typing error.
   */
  public Set<String> awaited() {
    return declared.awaited();
  }

  @Override
  public void weave(List<Site> sites) {
    KnownCaches caches = new KnownCaches(given, declared);
    List<Site> declaring = new ArrayList<>(sites); // the most specific one first
    declaring.sort(Comparator.comparing(site -> !saysTimes(site)));
    for (Site site : declaring) {
      CacheSite common = new CacheSite(site, Cacheable.class, caches);
      List<Cacheable> cacheables = site.annotations(Cacheable.class);
      cacheables.forEach(cacheable -> new CacheableSite(common, cacheable, maker).weave());
    }
    for (Site site : sites) {
      boolean cached = !site.annotations(Cacheable.class).isEmpty();
      boolean writes =
          !site.annotations(CachePut.class).isEmpty()
              || !site.annotations(CacheEvict.class).isEmpty();
      if (cached && writes) {
        site.refuse(
            "is @Cacheable and changes caches, but a hit would change nothing; split it in two"
                + places(site));
      } else if (writes) {
        new WriteSite(site, caches, maker, afterCommit).weave();
      } else if (!cached) {
        site.refuse(
            "marks a parameter by @CacheKey, and no cache annotation uses it; add one, or remove"
                + " the mark");
      }
    }
  }

  /** The places of the annotations, if there are several. */
  private static String places(Site site) {
    Set<Method> places = new LinkedHashSet<>();
    for (Class<? extends Annotation> kind :
        List.of(Cacheable.class, CachePut.class, CacheEvict.class)) {
      if (!site.annotations(kind).isEmpty()) {
        places.add(site.declaring(kind));
      }
    }
    return places.size() < 2
        ? ""
        : places.stream()
            .map(place -> place.getDeclaringClass().getSimpleName() + "." + place.getName())
            .collect(Collectors.joining(" and ", " (annotated at ", ")"));
  }

  private static boolean saysTimes(Site site) {
    return site.annotations(Cacheable.class).stream()
        .anyMatch(cacheable -> !(cacheable.ttl() + cacheable.localTtl()).isEmpty());
  }

  /** Collects settings and existing caches. One thread at a time. */
  public static final class Builder {
    private final Caches caches;
    private final Map<String, Codec<?>> codecs = new HashMap<>();
    private final Map<String, NamedCache> known = new HashMap<>();
    private final Map<String, CacheConfig> configs = new HashMap<>();
    private CacheConfig config = CacheConfig.defaults();
    private @Nullable AfterCommit afterCommit;
    private @Nullable Function<String, @Nullable String> placeholders;

    private Builder(Caches caches) {
      this.caches = requireNonNull(caches, "caches");
    }

    /** Settings of caches where annotations set none; default {@link CacheConfig#defaults()}. */
    public Builder config(CacheConfig defaults) {
      config = requireNonNull(defaults, "defaults");
      return this;
    }

    /**
     * Settings of the cache of this name where annotations set none, instead of {@link
     * #config(CacheConfig)}.
     */
    public Builder config(String cache, CacheConfig settings) {
      configs.put(requireNonNull(cache, "cache"), requireNonNull(settings, "settings"));
      return this;
    }

    /**
     * Decides when changes after a method run, for hosts whose methods run in transactions;
     * default: at once. Changes of {@code @CacheEvict(before = true)} run before the method in any
     * case.
     */
    public Builder afterCommit(AfterCommit hook) {
      afterCommit = requireNonNull(hook, "hook");
      return this;
    }

    /**
     * The host's properties, by which durations in annotations may be set: <code>ttl =
     * "${cache.users.ttl:5m}"</code>. In Spring it is {@code environment::getProperty}.
     *
     * @param property by its name; returns null for an unknown one, so that its default applies
     */
    public Builder placeholders(Function<String, @Nullable String> property) {
      placeholders = requireNonNull(property, "property");
      return this;
    }

    /** The codec for the values of a cache that annotations declare, instead of JSON. */
    public Builder codec(String cache, Codec<?> codec) {
      codecs.put(requireNonNull(cache, "cache"), requireNonNull(codec, "codec"));
      return this;
    }

    /** An existing cache that annotations may name; it keeps its settings. */
    public <K, V> Builder cache(Cache<K, V> cache, Class<K> key, Class<V> value) {
      known.put(cache.name(), NamedCache.existing(cache, key, value));
      return this;
    }

    /** The aspect. */
    public CacheAspect build() {
      return new CacheAspect(this);
    }
  }
}
