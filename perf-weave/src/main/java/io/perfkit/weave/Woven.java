package io.perfkit.weave;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A woven class as a factory of its instances. Thread safe. */
interface Woven {

  /**
   * Creates the object that callers use, from constructor arguments or from the instance to wrap.
   */
  Object instance(@Nullable Object... arguments);

  /** Instances of a subclass, created by the constructor that the language would choose. */
  static Woven subclass(Class<?> service, Lookup woven) {
    ConstructorChoice choice = new ConstructorChoice(service);
    return arguments -> {
      ConstructorChoice.Chosen chosen = choice.of(arguments);
      try {
        Constructor<?> constructor =
            woven
                .lookupClass()
                .getDeclaredConstructor(chosen.parameters().toArray(Class<?>[]::new));
        return woven
            .unreflectConstructor(constructor)
            .asFixedArity()
            .invokeWithArguments(chosen.arguments());
      } catch (Throwable failure) {
        throw Thrown.<RuntimeException>asIs(failure);
      }
    };
  }

  /**
   * Instances that wrap another one, which is the only argument.
   *
   * @param carried fields whose values an instance has from that one
   */
  static Woven around(Lookup woven, MethodHandle setTarget, List<Field> carried) {
    MethodHandle constructor = Unconstructed.of(woven.lookupClass());
    MethodHandle setter =
        setTarget.asType(MethodType.methodType(void.class, Object.class, Object.class));
    return target -> {
      try {
        Object wrapper = constructor.invokeExact();
        setter.invokeExact(wrapper, target[0]);
        for (Field field : carried) {
          field.set(wrapper, field.get(target[0]));
        }
        return wrapper;
      } catch (Throwable failure) {
        throw Thrown.<RuntimeException>asIs(failure);
      }
    };
  }
}
