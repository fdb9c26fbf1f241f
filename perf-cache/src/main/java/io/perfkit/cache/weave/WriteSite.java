package io.perfkit.cache.weave;

import io.perfkit.cache.Cache;
import io.perfkit.cache.Entry;
import io.perfkit.cache.weave.WritingMethod.Change;
import io.perfkit.weave.Call;
import io.perfkit.weave.Site;
import io.perfkit.weave.expression.Expression;
import io.perfkit.weave.expression.Scope;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code @CachePut} and {@code @CacheEvict} of one method while it is woven. */
final class WriteSite {
  private final Site site;
  private final KnownCaches caches;
  private final CacheMaker maker;
  private final ResultShape shape;
  private final WritingMethod plan;
  private final List<Runnable> onceAccepted = new ArrayList<>();

  WriteSite(Site site, KnownCaches caches, CacheMaker maker, Optional<AfterCommit> afterCommit) {
    this.site = site;
    this.caches = caches;
    this.maker = maker;
    this.shape = ResultShape.of(site.result());
    this.plan = new WritingMethod(shape, site.toString(), afterCommit);
  }

  void weave() {
    List<CachePut> puts = site.annotations(CachePut.class);
    List<CacheEvict> evictions = site.annotations(CacheEvict.class);
    puts.forEach(this::weave);
    evictions.forEach(this::weave);
    if (!puts.isEmpty() || !evictions.isEmpty()) {
      site.around(
          next -> {
            onceAccepted.forEach(Runnable::run);
            return plan.around(next);
          });
    }
  }

  private void weave(CachePut put) {
    if (shape.value() == Void.class) {
      site.refuse("returns nothing to put; remove @CachePut");
      return;
    }
    CacheSite common = new CacheSite(site, CachePut.class, caches);
    Scope scope = common.after(shape);
    List<Expression> tags = common.texts("tags", put.tags(), scope);
    Optional<Expression> condition = common.condition("condition", put.condition(), scope);
    KeptEntry entries =
        new KeptEntry(Optional.empty(), common.functions(tags, scope), common.method());
    common
        .name(put.value(), put.cache())
        .filter(name -> agreesOnValues(common, name))
        .flatMap(name -> keyed(common, name, put.key(), scope, Optional.<Type>of(shape.value())))
        .map(keyed -> keyed.put(entries))
        .map(change -> conditional(change, condition, common, scope))
        .ifPresent(plan::after);
  }

  private boolean agreesOnValues(CacheSite common, String name) {
    Optional<NamedCache> known = common.known(name);
    if (known.isPresent()) {
      return common.agreesOnValues(known.get(), shape.value());
    }
    try {
      CacheSlot slot = common.slot(name);
      var codec = maker.codec(name, shape.value());
      onceAccepted.add(() -> slot.codec(codec));
      return true;
    } catch (IllegalArgumentException e) {
      site.refuse(String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void weave(CacheEvict evict) {
    CacheSite common = new CacheSite(site, CacheEvict.class, caches);
    boolean withResult = !evict.before() && shape.value() != Void.class;
    Scope scope = withResult ? common.after(shape) : common.before();
    List<Expression> tags = common.texts("tags", evict.tags(), scope);
    Optional<Expression> condition = common.condition("condition", evict.condition(), scope);
    int ways = (evict.all() ? 1 : 0) + (evict.key().length > 0 ? 1 : 0) + (tags.isEmpty() ? 0 : 1);
    if (ways > 1) {
      site.refuse(
          "@CacheEvict has more than one of all, key and tags; use one annotation for each");
    }
    common
        .name(evict.value(), evict.cache())
        .flatMap(name -> change(common, name, evict, tags, scope))
        .map(change -> conditional(change, condition, common, scope))
        .ifPresent(evict.before() ? plan::before : plan::after);
  }

  private Optional<Change> change(
      CacheSite common, String name, CacheEvict evict, List<Expression> tags, Scope scope) {
    if (evict.all()) {
      Target target = target(common, name, Optional.empty(), Optional.empty());
      return Optional.of((call, value) -> () -> target.opened().cache().clear());
    }
    if (evict.tags().length > 0) {
      Target target = target(common, name, Optional.empty(), Optional.empty());
      List<MethodHandle> functions = common.functions(tags, scope);
      Change change =
          (call, value) -> {
            Set<String> texts = KeptEntry.texts(functions, call, value);
            return () -> texts.forEach(target.opened().cache()::invalidateTag);
          };
      boolean ofResult = tags.stream().anyMatch(Expression::readsResult);
      return Optional.of(ofResult ? change.ofResult() : change);
    }
    return keyed(common, name, evict.key(), scope, Optional.empty()).map(Keyed::evict);
  }

  /** The change under a condition; one that reads a part of the result is false for a null. */
  private static Change conditional(
      Change change, Optional<Expression> condition, CacheSite common, Scope scope) {
    Change held =
        change.onlyIf(
            condition.map(Expression::handle).map(handle -> common.function(handle, scope)));
    return condition.isPresent() && condition.get().readsResult() ? held.ofResult() : held;
  }

  /** A cache and the key of a call in it; refuses the site without a key. */
  private Optional<Keyed> keyed(
      CacheSite common, String name, String[] key, Scope scope, Optional<Type> value) {
    List<KeyPart> parts = common.keyParts(key, scope);
    List<Class<?>> types = KeyPart.types(parts);
    Optional<NamedCache> known = common.known(name);
    if (known.isPresent() && !common.agreesOnKeys(known.get(), types)) {
      return Optional.empty();
    }
    try {
      KeyLayout.of(types); // checks the types
    } catch (IllegalArgumentException e) {
      if (known.isEmpty()) {
        site.refuse(String.valueOf(e.getMessage()));
        return Optional.empty();
      }
    }
    MethodHandle values = KeyPart.values(parts, scope.types(), common.method());
    boolean ofResult = parts.stream().anyMatch(KeyPart::isOfResult);
    Target target = target(common, name, Optional.of(types), value);
    return Optional.of(new Keyed(target, common.function(values, scope), ofResult));
  }

  private Target target(
      CacheSite common, String name, Optional<List<Class<?>>> keys, Optional<Type> value) {
    Optional<NamedCache> known = common.known(name);
    if (known.isPresent()) {
      return () -> new CacheSlot.Opened(known.get().cache(), known.get().keys());
    }
    CacheSlot slot = common.slot(name);
    onceAccepted.add(() -> slot.use(new CacheSlot.Use(common.method(), keys, value)));
    return () -> slot.opened(keys, maker);
  }

  /** A cache that may be declared by the time of the call. */
  private interface Target {
    CacheSlot.Opened opened();
  }

  /**
   * The entry that a call changes.
   *
   * @param ofResult whether the key is made of the result, so that there is no key without a result
   */
  private record Keyed(Target target, MethodHandle parts, boolean ofResult) {
    Change evict() {
      return given(
          (call, value) -> {
            @Nullable Object[] key = of(call, value);
            return () -> {
              CacheSlot.Opened opened = target.opened();
              opened.cache().invalidate(opened.key(key));
            };
          });
    }

    Change put(KeptEntry entries) {
      return given(
          (call, value) -> {
            @Nullable Object[] key = of(call, value);
            Entry<Object> entry = entries.of(call, value);
            return () -> {
              CacheSlot.Opened opened = target.opened();
              Cache<Object, Object> cache = opened.cache();
              if (value == null) {
                cache.invalidate(opened.key(key));
              } else {
                cache.putEntry(opened.key(key), entry);
              }
            };
          });
    }

    private Change given(Change change) {
      return ofResult ? change.ofResult() : change;
    }

    private @Nullable Object[] of(Call call, @Nullable Object value) throws Throwable {
      Object[] key = (Object[]) call.apply(parts, value);
      return key == null ? new Object[0] : key;
    }
  }
}
