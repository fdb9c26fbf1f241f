package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import org.jspecify.annotations.Nullable;

/**
 * Equality of objects around a service: such an object equals itself, and another one around an
 * equal service. It equals the service itself only if the service defines {@code equals}, or else
 * the relation would not be symmetric. Immutable.
 *
 * @param targetOf takes an object of the class and gives its service, both as Objects
 */
record Wrapped(Class<?> woven, MethodHandle targetOf, boolean byIdentity) {
  /** Takes a result, a service and the object around it: the service as result is that object. */
  static final MethodHandle REPLACE;

  private static final MethodHandle EQUAL;

  static {
    try {
      Lookup own = MethodHandles.lookup();
      REPLACE =
          own.findStatic(
              Wrapped.class,
              "replace",
              methodType(Object.class, Object.class, Object.class, Object.class));
      EQUAL =
          own.findVirtual(
              Wrapped.class, "equal", methodType(boolean.class, Object.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** A handle that takes an object around a service and any other. */
  static MethodHandle equality(Class<?> woven, MethodHandle target, Class<?> service) {
    MethodHandle targetOf = target.asType(methodType(Object.class, Object.class));
    try {
      Class<?> defines = service.getMethod("equals", Object.class).getDeclaringClass();
      boolean byIdentity = defines == Object.class || defines.isInterface();
      return EQUAL.bindTo(new Wrapped(woven, targetOf, byIdentity));
    } catch (NoSuchMethodException e) {
      throw new LinkageError("equals", e);
    }
  }

  boolean equal(Object self, @Nullable Object other) throws Throwable {
    if (self == other) {
      return true;
    }
    Object own = (Object) targetOf.invokeExact(self);
    if (woven.isInstance(other)) {
      return own.equals((Object) targetOf.invokeExact(other));
    }
    return !byIdentity && own.equals(other);
  }

  static @Nullable Object replace(@Nullable Object result, Object target, Object around) {
    return result == target ? around : result;
  }
}
