package io.perfkit.weave;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;

/**
 * Creates instances without running a constructor, for objects that only wrap another one. Uses
 * {@code sun.misc.Unsafe.allocateInstance} of the module {@code jdk.unsupported}: the only way in
 * the JDK that supports hidden classes.
 */
final class Unconstructed {
  private Unconstructed() {}

  /** A handle of type {@code ()Object} that creates an instance. */
  static MethodHandle of(Class<?> type) {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.publicLookup()
          .findVirtual(unsafe, "allocateInstance", MethodType.methodType(Object.class, Class.class))
          .bindTo(instance.get(null))
          .bindTo(type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "no sun.misc.Unsafe (expected: the module jdk.unsupported; start with --add-modules"
              + " jdk.unsupported)",
          e);
    }
  }
}
