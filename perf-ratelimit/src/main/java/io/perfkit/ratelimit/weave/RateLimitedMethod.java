package io.perfkit.ratelimit.weave;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One {@code @RateLimited} method: the check before it, and the release after it. */
final class RateLimitedMethod {
  private static final Logger LOG = LoggerFactory.getLogger(RateLimitedMethod.class);

  private static final MethodHandle REQUIRE;
  private static final MethodHandle CHECK;
  private static final MethodHandle GO_ON;

  static {
    try {
      MethodHandles.Lookup own = MethodHandles.lookup();
      REQUIRE =
          own.findVirtual(
              RateLimitedMethod.class, "require", methodType(void.class, String[].class));
      CHECK =
          own.findVirtual(
              RateLimitedMethod.class, "check", methodType(Decision.class, String[].class));
      GO_ON =
          own.findVirtual(
              RateLimitedMethod.class,
              "goOn",
              methodType(Object.class, Decision.class, Call.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final RateLimiter limiter;
  private final Plan plan;
  private final List<String> dimensions;
  private final boolean stage;
  private final boolean holds;
  private final String method;

  /**
   * @param stage whether the method returns a stage that can report a refusal
   * @param method for messages
   */
  RateLimitedMethod(
      RateLimiter limiter, Plan plan, List<String> dimensions, boolean stage, String method) {
    this.method = method;
    this.limiter = limiter;
    this.plan = plan;
    this.dimensions = dimensions;
    this.stage = stage;
    this.holds =
        plan.parts().stream().anyMatch(part -> part.policy().limit() instanceof Limit.Concurrency);
  }

  /**
   * The method behind its plan.
   *
   * @param keys take the parameters of {@code method} and return the texts of the dimensions
   */
  MethodHandle around(MethodHandle method, List<MethodHandle> keys) {
    MethodType type = method.type();
    if (!stage && !holds) {
      return MethodHandles.foldArguments(method, ofCall(REQUIRE, type, keys));
    }
    MethodHandle goOn =
        GO_ON.bindTo(this).asType(methodType(type.returnType(), Decision.class, Call.class));
    goOn = MethodHandles.collectArguments(goOn, 1, Call.of(method));
    return MethodHandles.foldArguments(goOn, ofCall(CHECK, type, keys));
  }

  /** A method of this class that takes the keys, as a function of the call that has them. */
  private MethodHandle ofCall(MethodHandle ofKeys, MethodType call, List<MethodHandle> keys) {
    MethodHandle collected = ofKeys.bindTo(this).asCollector(String[].class, keys.size());
    MethodType taken = call.changeReturnType(String.class);
    return keys.isEmpty()
        ? MethodHandles.dropArguments(collected, 0, call.parameterList())
        : Call.compute(collected, keys.stream().map(key -> key.asType(taken)).toList());
  }

  void require(@Nullable String[] keys) {
    if (check(keys) instanceof Decision.Denied denied) {
      throw new RateLimitExceeded(plan.name(), denied);
    }
  }

  Decision check(@Nullable String[] keys) {
    Request request = Request.of();
    for (int i = 0; i < keys.length; i++) {
      String key = keys[i];
      request = key == null ? request : request.with(dimensions.get(i), key);
    }
    return limiter.check(plan, request);
  }

  @Nullable Object goOn(Decision decision, Call call) throws Throwable {
    if (decision instanceof Decision.Denied denied) {
      RateLimitExceeded refusal = new RateLimitExceeded(plan.name(), denied);
      if (stage) {
        CompletionStage<Object> refused = CompletableFuture.failedFuture(refusal);
        return refused;
      }
      throw refusal;
    }
    return holds ? proceedAndRelease(decision, call) : call.proceed();
  }

  private @Nullable Object proceedAndRelease(Decision decision, Call call) throws Throwable {
    boolean later = false;
    try {
      Object result = call.proceed();
      if (stage && result == null) {
        throw new NullPointerException(method + " returned null (expected: a stage)");
      }
      if (result instanceof CompletionStage<?> running) {
        later = true;
        releaseAfter(running, decision);
      }
      return result;
    } finally {
      if (!later) {
        limiter.release(decision);
      }
    }
  }

  /** A stage of the host's own that takes no listener holds its permits until their lease ends. */
  private void releaseAfter(CompletionStage<?> running, Decision decision) {
    try {
      var unused = running.whenComplete((value, failure) -> limiter.release(decision));
    } catch (RuntimeException e) {
      LOG.warn("{} returned a stage that takes no listener", method, e);
    }
  }
}
