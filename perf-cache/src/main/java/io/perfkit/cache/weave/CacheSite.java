package io.perfkit.cache.weave;

import io.perfkit.cache.Cache;
import io.perfkit.weave.Call;
import io.perfkit.weave.Site;
import io.perfkit.weave.expression.Expression;
import io.perfkit.weave.expression.ExpressionRefused;
import io.perfkit.weave.expression.Scope;
import io.perfkit.weave.expression.Texts;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/** One cache annotation on one method while it is woven: the part common to all kinds. */
final class CacheSite {
  private final Site site;
  private final Class<? extends Annotation> kind;
  private final KnownCaches caches;

  /**
   * @param kind of the annotation
   */
  CacheSite(Site site, Class<? extends Annotation> kind, KnownCaches caches) {
    this.site = site;
    this.kind = kind;
    this.caches = caches;
  }

  Site site() {
    return site;
  }

  /** The method whose annotation it is, for messages. */
  String method() {
    return site.toString();
  }

  /** The name that the annotation gives, or the class; refuses the site without one. */
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

  /** The attribute of the annotation, or else that of the class. */
  String orDefault(String own, Function<CacheDefaults, String> attribute) {
    return own.isEmpty() ? site.ofType(CacheDefaults.class).map(attribute).orElse("") : own;
  }

  /** The cache of a name that was declared before. */
  Optional<NamedCache> known(String name) {
    return caches.find(name);
  }

  /** The slot that all annotations naming one cache share, whatever their class. */
  CacheSlot slot(String name) {
    return caches.slot(name);
  }

  /** Whether the key types are those of the cache; refuses the site if not. */
  boolean agreesOnKeys(NamedCache cache, List<Class<?>> keyTypes) {
    boolean agrees = cache.keys().takes(keyTypes);
    if (!agrees) {
      String own = NamedCache.names(cache.keys().types());
      refuse("key", NamedCache.names(keyTypes), own, cache, "make them the same types");
    }
    return agrees;
  }

  /** Whether the value type is that of the cache; refuses the site if not. */
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
    caches.accept(cache);
    return cache.cache();
  }

  /**
   * Says that the method takes the cache's name from its class; returns another method that does,
   * and that takes one key or many as this one.
   */
  Optional<String> imply(String name, boolean batch) {
    return caches.imply(name, new ImpliedBy(site.type(), site.toString(), batch));
  }

  void declare(NamedCache cache) {
    caches.declare(cache);
  }

  /** The names that expressions before the call may use. */
  Scope before() {
    return Scope.of(site, kind);
  }

  /** The names that expressions after the call may use. */
  Scope after(ResultShape shape) {
    return before().withResult(shape.value());
  }

  /** The parts of the key: those of expressions, or else the marked arguments, or all arguments. */
  List<KeyPart> keyParts(String[] expressions, Scope scope) {
    List<Class<?>> values = scope.types();
    List<KeyPart> all = new ArrayList<>();
    for (int i = 0; i < site.arguments().size(); i++) {
      all.add(KeyPart.argument(i, scope.variables().get(i).name(), values));
    }
    List<KeyPart> marked = new ArrayList<>();
    site.marked(CacheKey.class).forEach(index -> marked.add(all.get(index)));
    if (expressions.length == 0) {
      return marked.isEmpty() ? all : marked;
    }
    if (!marked.isEmpty()) {
      site.refuse("has a key and marks parameters by @CacheKey; remove one of the two");
    }
    List<KeyPart> parts = new ArrayList<>();
    for (String expression : expressions) {
      compile("key", expression, scope, Expression::of)
          .ifPresent(
              part ->
                  parts.add(
                      new KeyPart(expression, part.type(), part.handle(), part.namesResult())));
    }
    return parts;
  }

  /** A condition, if the annotation has one; refuses the site for an invalid one. */
  Optional<Expression> condition(String attribute, String expression, Scope scope) {
    return expression.isEmpty()
        ? Optional.empty()
        : compile(attribute, expression, scope, Expression::condition);
  }

  /** Expressions whose results are texts. */
  List<Expression> texts(String attribute, String[] expressions, Scope scope) {
    List<Expression> texts = new ArrayList<>();
    for (String text : expressions) {
      Optional<Expression> expression = compile(attribute, text, scope, Expression::of);
      if (expression.isPresent() && !Texts.has(expression.get().type())) {
        site.refuse(
            "%s: '%s' is a %s (expected: %s)"
                .formatted(
                    attribute, text, expression.get().type().getSimpleName(), Texts.EXPECTED));
      } else {
        expression.ifPresent(texts::add);
      }
    }
    return texts;
  }

  List<MethodHandle> functions(List<Expression> expressions, Scope scope) {
    return expressions.stream().map(text -> function(text.handle(), scope)).toList();
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

  /** A handle that takes a scope's values, as a function of a {@link Call} and its result. */
  MethodHandle function(MethodHandle values, Scope scope) {
    MethodHandle withResult = values;
    if (scope.variables().size() == site.arguments().size()) {
      withResult =
          MethodHandles.dropArguments(values, values.type().parameterCount(), Object.class);
    }
    return Call.function(MethodHandles.dropArguments(withResult, 0, Object.class));
  }
}
