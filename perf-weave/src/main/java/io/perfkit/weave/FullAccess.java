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
 * Gets a lookup that may define hidden classes in a service's package. A module that opens a
 * package to this one lets it define ordinary classes there, but only the package's own code may
 * define hidden ones. So this class defines one package-private helper in the package and uses its
 * lookup.
 */
final class FullAccess {
  private static final String INSIDER = "PerfkitWeave";

  private FullAccess() {}

  /**
   * Full access to the package of {@code type}.
   *
   * @throws IllegalAccessException if its module does not open the package to this one
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
   * The helper class, defined by the first weaver that needs it. A loader whose parent has a
   * package of the same name finds the parent's helper first, so it needs one with another name.
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
