package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Modifier;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.ClassFileVersion;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.dynamic.scaffold.subclass.ConstructorStrategy;
import net.bytebuddy.implementation.MethodCall;

/**
 * A lookup on a class that may define hidden classes beside it. A module that opens a package to us
 * lets us define ordinary classes in it, but hidden ones only its own code; so one ordinary class
 * of ours goes into the package, seen by nobody outside it, and is asked.
 */
final class FullAccess {
  private static final String INSIDER = "PerfkitWeave";

  private FullAccess() {}

  /**
   * Full access to the package of {@code type}.
   *
   * @throws IllegalAccessException if its module does not open the package to us
   */
  static Lookup to(Class<?> type) throws IllegalAccessException {
    Lookup opened = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
    if (opened.hasFullPrivilegeAccess()) {
      return opened;
    }
    try {
      Lookup inside =
          (Lookup)
              opened.findStatic(insider(opened), "lookup", methodType(Lookup.class)).invokeExact();
      return MethodHandles.privateLookupIn(type, inside);
    } catch (IllegalAccessException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a class in the package of " + type.getName(), e);
    }
  }

  /**
   * Defined by the first weaver that comes to the package. A loader whose parent has a package of
   * the same name sees the parent's first, so it needs one of another name.
   */
  private static synchronized Class<?> insider(Lookup opened) throws ReflectiveOperationException {
    Class<?> type = opened.lookupClass();
    String place = type.getPackageName().isEmpty() ? "" : type.getPackageName() + ".";
    for (int i = 0; ; i++) {
      String name = place + INSIDER + (i == 0 ? "" : i);
      try {
        Class<?> found = Class.forName(name, false, type.getClassLoader());
        if (found.getClassLoader() == type.getClassLoader()) {
          return found;
        }
      } catch (ClassNotFoundException first) {
        return opened.defineClass(
            new ByteBuddy(ClassFileVersion.JAVA_V17)
                .with(TypeValidation.DISABLED)
                .subclass(Object.class, ConstructorStrategy.Default.NO_CONSTRUCTORS)
                .name(name)
                .modifiers(Modifier.FINAL)
                .defineMethod("lookup", Lookup.class, Modifier.STATIC)
                .intercept(MethodCall.invoke(MethodHandles.class.getMethod("lookup")))
                .make()
                .getBytes());
      }
    }
  }
}
