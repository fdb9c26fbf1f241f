package io.perfkit.cache.weave;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.weave.WritingMethod.Change;
import io.perfkit.weave.Call;
import io.perfkit.weave.Site;
import io.perfkit.weave.expression.Expression;
import io.perfkit.weave.expression.Scope;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The {@code @CachePut} and {@code @CacheEvict} of one method while it is woven. */
final class WriteSite {
  private final CacheSite common;
  private final Site site;
  private final ResultShape shape;
  private final WritingMethod plan;

  WriteSite(CacheSite common) {
    this.common = common;
    this.site = common.site();
    this.shape = ResultShape.of(site.result());
    this.plan = new WritingMethod(shape);
  }

  void weave() {
    List<CachePut> puts = site.annotations(CachePut.class);
    List<CacheEvict> evictions = site.annotations(CacheEvict.class);
    puts.forEach(this::weave);
    evictions.forEach(this::weave);
    if (!puts.isEmpty() || !evictions.isEmpty()) {
      site.around(plan::around);
    }
  }

  private void weave(CachePut put) {
    if (shape.value() == Void.class) {
      site.refuse("returns nothing to put; remove @CachePut");
      return;
    }
    Scope scope = common.after(shape);
    List<MethodHandle> tags = common.texts("tags", put.tags(), scope);
    Optional<MethodHandle> condition = condition(put.condition(), scope);
    common
        .name(put.value(), put.cache())
        .flatMap(common::existing)
        .filter(cache -> common.agreesOnValues(cache, shape.value()))
        .flatMap(cache -> keyed(cache, put.key(), scope))
        .ifPresent(keyed -> plan.after(keyed.put(tags).onlyIf(condition)));
  }

  private void weave(CacheEvict evict) {
    boolean withResult = !evict.before() && shape.value() != Void.class;
    Scope scope = withResult ? common.after(shape) : common.before();
    List<MethodHandle> tags = common.texts("tags", evict.tags(), scope);
    Optional<MethodHandle> condition = condition(evict.condition(), scope);
    int ways = (evict.all() ? 1 : 0) + (evict.key().length > 0 ? 1 : 0) + (tags.isEmpty() ? 0 : 1);
    if (ways > 1) {
      site.refuse(
          "@CacheEvict has more than one of all, key and tags; use one annotation for each");
    }
    common
        .name(evict.value(), evict.cache())
        .flatMap(common::existing)
        .flatMap(cache -> change(cache, evict, tags, scope))
        .map(change -> change.onlyIf(condition))
        .ifPresent(evict.before() ? plan::before : plan::after);
  }

  private Optional<Change> change(
      NamedCache cache, CacheEvict evict, List<MethodHandle> tags, Scope scope) {
    if (evict.all()) {
      return Optional.of((call, value) -> cache.cache().clear());
    }
    if (evict.tags().length > 0) {
      return Optional.of(
          (call, value) -> {
            for (String tag : KeptEntry.texts(tags, call, value)) {
              cache.cache().invalidateTag(tag);
            }
          });
    }
    return keyed(cache, evict.key(), scope).map(Keyed::evict);
  }

  private Optional<MethodHandle> condition(String expression, Scope scope) {
    return common
        .condition("condition", expression, scope)
        .map(Expression::handle)
        .map(handle -> common.function(handle, scope));
  }

  /** A cache and the key of a call in it; without one the site is refused. */
  private Optional<Keyed> keyed(NamedCache cache, String[] key, Scope scope) {
    List<KeyPart> parts = common.keyParts(key, scope);
    if (!common.agreesOnKeys(cache, KeyPart.types(parts))) {
      return Optional.empty();
    }
    MethodHandle values = KeyPart.key(parts, cache.keys(), CacheSite.types(scope));
    return Optional.of(new Keyed(cache, common.function(values, scope)));
  }

  /** One entry that calls change. */
  private record Keyed(NamedCache cache, MethodHandle key) {
    Change evict() {
      return (call, value) -> cache.cache().invalidate(of(call, value));
    }

    Change put(List<MethodHandle> tags) {
      KeptEntry entries = new KeptEntry(Optional.empty(), tags);
      return (call, value) -> {
        if (value == null) {
          cache.cache().invalidate(of(call, null));
        } else {
          cache.cache().putEntry(of(call, value), entries.of(call, value));
        }
      };
    }

    private Object of(Call call, @Nullable Object value) throws Throwable {
      return requireNonNull(call.apply(key, value), "key");
    }
  }
}
