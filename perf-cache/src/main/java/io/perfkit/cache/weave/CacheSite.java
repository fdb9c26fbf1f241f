package io.perfkit.cache.weave;

import io.perfkit.cache.Cache;
import io.perfkit.weave.Call;
import io.perfkit.weave.Site;
import io.perfkit.weave.expression.Expression;
import io.perfkit.weave.expression.ExpressionRefused;
import io.perfkit.weave.expression.Scope;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiFunction;
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

  /** The cache of a name that has to exist by now; without it the site is refused. */
  Optional<NamedCache> existing(String name) {
    Optional<NamedCache> cache = known(name);
    if (cache.isEmpty()) {
      site.refuse(
          "there is no cache '"
              + name
              + "' yet (known: "
              + String.join(", ", new TreeSet<>(caches.keySet()))
              + "); weave the class whose @Cacheable declares it first, or give it to"
              + " CacheAspect.builder(..).cache(..)");
    }
    return cache;
  }

  /** The cache of a name that was declared before. */
  Optional<NamedCache> known(String name) {
    return Optional.ofNullable(caches.get(name));
  }

  /** Whether keys are those of the cache; if not, the site is refused. */
  boolean agreesOnKeys(NamedCache cache, List<Class<?>> keyTypes) {
    boolean agrees = cache.takes(keyTypes);
    if (!agrees) {
      String own = NamedCache.names(cache.keys().types());
      refuse("key", NamedCache.names(keyTypes), own, cache, "make them the same types");
    }
    return agrees;
  }

  /** Whether values are those of the cache; if not, the site is refused. */
  boolean agreesOnValues(NamedCache cache, Type value) {
    boolean agrees = cache.value().equals(value);
    if (!agrees) {
      String own = cache.value().getTypeName();
      refuse("value", value.getTypeName(), own, cache, "use another cache");
    }
    return agrees;
  }

  private void refuse(String what, String own, String others, NamedCache cache, String remedy) {
    site.refuse(
        "its %s %s is not the %s %s of cache '%s' (%s); %s"
            .formatted(what, own, what, others, cache.name(), cache.origin(), remedy));
  }

  /** The cache itself, now that the class is accepted. */
  Cache<Object, Object> open(NamedCache cache) {
    known.putIfAbsent(cache.name(), cache);
    return cache.cache();
  }

  void declare(NamedCache cache) {
    caches.put(cache.name(), cache);
  }

  /** What expressions before the call may name. */
  Scope before() {
    return Scope.of(site);
  }

  /** What expressions after the call may name. */
  Scope after(ResultShape shape) {
    return Scope.of(site).withResult(shape.valueClass());
  }

  /** The parts of the key: as expressions say, or else the arguments, all or those marked. */
  List<KeyPart> keyParts(String[] expressions, Scope scope) {
    List<Class<?>> values = types(scope);
    List<KeyPart> all = new ArrayList<>();
    List<KeyPart> marked = new ArrayList<>();
    for (int i = 0; i < site.arguments().size(); i++) {
      KeyPart part = KeyPart.argument(i, values);
      all.add(part);
      if (site.arguments().get(i).declared().isAnnotationPresent(CacheKey.class)) {
        marked.add(part);
      }
    }
    if (expressions.length == 0) {
      return marked.isEmpty() ? all : marked;
    }
    if (!marked.isEmpty()) {
      site.refuse("has a key and marks parameters by @CacheKey; remove one of the two");
    }
    List<KeyPart> parts = new ArrayList<>();
    for (String expression : expressions) {
      compile("key", expression, scope, Expression::of)
          .ifPresent(part -> parts.add(new KeyPart(part.type(), part.handle())));
    }
    return parts;
  }

  /** A condition; none if the annotation has none, or a wrong one, for which it is refused. */
  Optional<Expression> condition(String attribute, String expression, Scope scope) {
    return expression.isEmpty()
        ? Optional.empty()
        : compile(attribute, expression, scope, Expression::condition);
  }

  /** Expressions that give texts, as functions of a call. */
  List<MethodHandle> texts(String attribute, String[] expressions, Scope scope) {
    List<MethodHandle> texts = new ArrayList<>();
    for (String expression : expressions) {
      compile(attribute, expression, scope, Expression::of)
          .ifPresent(text -> texts.add(function(text.handle(), scope)));
    }
    return texts;
  }

  private Optional<Expression> compile(
      String attribute,
      String expression,
      Scope scope,
      BiFunction<String, Scope, Expression> compiler) {
    try {
      return Optional.of(compiler.apply(expression, scope));
    } catch (ExpressionRefused e) {
      site.refuse(attribute + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /** What takes a scope's values as a function of a {@link Call} and its result. */
  MethodHandle function(MethodHandle values, Scope scope) {
    MethodHandle withResult = values;
    if (types(scope).size() == site.arguments().size()) {
      withResult =
          MethodHandles.dropArguments(values, values.type().parameterCount(), Object.class);
    }
    return Call.function(MethodHandles.dropArguments(withResult, 0, Object.class));
  }

  static List<Class<?>> types(Scope scope) {
    List<Class<?>> types = new ArrayList<>();
    scope.variables().forEach(variable -> types.add(variable.type()));
    return types;
  }
}
