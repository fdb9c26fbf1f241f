package io.perfkit.ratelimit.weave;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.weave.Site;
import io.perfkit.weave.expression.Expression;
import io.perfkit.weave.expression.ExpressionRefused;
import io.perfkit.weave.expression.Scope;
import io.perfkit.weave.expression.Texts;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One {@code @RateLimited} method while it is woven. */
final class RateLimitedSite {
  private static final MethodHandle TEXT;

  static {
    try {
      TEXT =
          MethodHandles.lookup()
              .findStatic(RateLimitedSite.class, "text", methodType(String.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Site site;
  private final Plan plan;

  RateLimitedSite(Site site, Plan plan) {
    this.site = site;
    this.plan = plan;
  }

  void weave(String[] expressions, RateLimiter limiter) {
    List<String> dimensions =
        plan.parts().stream()
            .flatMap(part -> Optional.ofNullable(part.dimension()).stream())
            .distinct()
            .toList();
    if (expressions.length != dimensions.size()) {
      site.refuse(
          "key has "
              + expressions.length
              + " expressions, but plan '"
              + plan.name()
              + "' counts by "
              + dimensions
              + "; say one for each, in this order");
    }
    List<MethodHandle> texts = new ArrayList<>();
    for (String expression : expressions) {
      compile(expression).ifPresent(texts::add);
    }
    RateLimitedMethod method =
        new RateLimitedMethod(limiter, plan, dimensions, returnsPlainStage(), site.toString());
    site.around(next -> method.around(next, texts));
  }

  /** An expression as a handle that takes service and arguments and returns its text, or null. */
  private Optional<MethodHandle> compile(String text) {
    try {
      Expression expression = Expression.of(text, Scope.of(site, RateLimited.class));
      if (!Texts.has(expression.type())) {
        site.refuse(
            "key: '"
                + text
                + "' is a "
                + expression.type().getSimpleName()
                + " (expected: "
                + Texts.EXPECTED
                + ")");
        return Optional.empty();
      }
      MethodHandle boxed =
          expression.handle().asType(expression.handle().type().changeReturnType(Object.class));
      return Optional.of(
          MethodHandles.dropArguments(
              MethodHandles.filterReturnValue(boxed, TEXT), 0, Object.class));
    } catch (ExpressionRefused e) {
      site.refuse("key: " + e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Whether the method returns a stage that can be made of a refusal, so not of a class of its own.
   */
  private boolean returnsPlainStage() {
    Class<?> result = site.methodType().returnType();
    return result == CompletionStage.class || result == CompletableFuture.class;
  }

  static @Nullable String text(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    return Texts.of(value);
  }
}
