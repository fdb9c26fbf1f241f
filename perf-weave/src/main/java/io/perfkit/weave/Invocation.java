package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * One call that a host intercepted. It takes the place of the service in compiled plans, since
 * aspects only pass the service on. Thread safe if the arguments are.
 */
final class Invocation {
  private static final MethodHandle PROCEED;

  static {
    try {
      PROCEED =
          MethodHandles.lookup()
              .findVirtual(Invocation.class, "proceed", methodType(Object.class, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Object[] given;
  private final Interceptors.Continuation next;

  private Invocation(@Nullable Object[] given, Interceptors.Continuation next) {
    this.given = given;
    this.next = next;
  }

  /** A handle of this type that proceeds with the host's call. */
  static MethodHandle next(MethodType type) {
    return PROCEED.asCollector(Object[].class, type.parameterCount() - 1).asType(type);
  }

  /** An interceptor that calls a plan with an invocation and the arguments. */
  static Interceptors.Interceptor interceptor(MethodHandle plan) {
    int count = plan.type().parameterCount() - 1;
    MethodHandle spread =
        plan.asType(plan.type().generic().changeParameterType(0, Invocation.class))
            .asSpreader(Object[].class, count);
    return (self, args, next) -> {
      if (args.length != count) {
        throw new IllegalArgumentException(
            "args: " + args.length + " of them (expected: " + count + ", as the method takes)");
      }
      return (Object) spread.invokeExact(new Invocation(args, next), args);
    };
  }

  /** Proceeds; first passes arguments that an aspect changed to the host. */
  @Nullable Object proceed(@Nullable Object[] arguments) throws Throwable {
    for (int i = 0; i < arguments.length; i++) {
      if (given[i] != arguments[i] && !isBoxAgain(given[i], arguments[i])) {
        given[i] = arguments[i];
      }
    }
    return next.proceed();
  }

  /** A primitive argument was unboxed on the way in, and is boxed again. */
  private static boolean isBoxAgain(@Nullable Object given, @Nullable Object now) {
    return given != null
        && given.equals(now)
        && (given instanceof Number || given instanceof Boolean || given instanceof Character);
  }
}
