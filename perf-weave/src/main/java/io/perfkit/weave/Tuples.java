package io.perfkit.weave;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.ClassFileVersion;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.dynamic.scaffold.subclass.ConstructorStrategy;
import net.bytebuddy.implementation.EqualsMethod;
import net.bytebuddy.implementation.FieldAccessor;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.implementation.MethodCall;
import net.bytebuddy.matcher.ElementMatchers;
import org.jspecify.annotations.Nullable;

/**
 * Creates composite keys of several values, with a class generated for their types: primitives stay
 * primitives, the hash is computed once, and two tuples of one {@code Tuples} are equal if all
 * values are. Immutable.
 */
public final class Tuples {
  private final MethodHandle factory;
  private final List<MethodHandle> getters;

  private Tuples(MethodHandle factory, List<MethodHandle> getters) {
    this.factory = factory;
    this.getters = getters;
  }

  /** Tuples of values of these types, at least one. */
  public static Tuples of(List<Class<?>> types) {
    Class<?>[] stored = types.stream().map(Tuples::stored).toArray(Class<?>[]::new);
    try {
      Lookup own = MethodHandles.lookup();
      Lookup tuple = own.defineHiddenClass(build(stored), true);
      Class<?> generated = tuple.lookupClass();
      MethodType constructor = methodType(void.class, stored).insertParameterTypes(0, int.class);
      MethodHandle factory =
          MethodHandles.foldArguments(
                  tuple.findConstructor(generated, constructor), hash(own, stored))
              .asType(methodType(Object.class, types));
      List<MethodHandle> getters = new ArrayList<>();
      for (int i = 0; i < stored.length; i++) {
        getters.add(
            tuple
                .findGetter(generated, field(i), stored[i])
                .asType(methodType(Object.class, Object.class)));
      }
      return new Tuples(factory, getters);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a class for " + types, e);
    }
  }

  /** A handle that takes the values and gives a new tuple as an {@code Object}. */
  public MethodHandle factory() {
    return factory;
  }

  /** The values of a tuple, boxed. */
  public List<@Nullable Object> values(Object tuple) {
    List<@Nullable Object> values = new ArrayList<>();
    try {
      for (MethodHandle getter : getters) {
        Object value = getter.invokeExact(tuple);
        values.add(value);
      }
    } catch (Throwable e) {
      throw Thrown.<RuntimeException>asIs(e);
    }
    return values;
  }

  /** Any reference is stored as an Object, so that the class needs to see no other. */
  private static Class<?> stored(Class<?> type) {
    return type.isPrimitive() ? type : Object.class;
  }

  private static String field(int index) {
    return "value" + index;
  }

  private static byte[] build(Class<?>[] stored) throws NoSuchMethodException {
    DynamicType.Builder<Tuple> builder =
        new ByteBuddy(ClassFileVersion.JAVA_V17)
            .with(TypeValidation.DISABLED)
            .subclass(Tuple.class, ConstructorStrategy.Default.NO_CONSTRUCTORS)
            .name(Tuple.class.getName() + stored.length)
            .modifiers(Modifier.FINAL);
    Implementation.Composable assignments =
        MethodCall.invoke(Tuple.class.getDeclaredConstructor(int.class)).withArgument(0);
    for (int i = 0; i < stored.length; i++) {
      builder = builder.defineField(field(i), stored[i], Modifier.FINAL);
      assignments = assignments.andThen(FieldAccessor.ofField(field(i)).setsArgumentAt(i + 1));
    }
    return builder
        .defineConstructor(0)
        .withParameters(
            methodType(void.class, stored).insertParameterTypes(0, int.class).parameterArray())
        .intercept(assignments)
        .method(ElementMatchers.isEquals())
        .intercept(EqualsMethod.isolated())
        .make()
        .getBytes();
  }

  /** 31 * .. + the hash of each value, over all values. */
  private static MethodHandle hash(Lookup own, Class<?>[] stored)
      throws ReflectiveOperationException {
    MethodHandle mix =
        own.findStatic(Tuples.class, "mix", methodType(int.class, int.class, int.class));
    MethodHandle hash = null;
    for (Class<?> type : stored) {
      Class<?> owner = type.isPrimitive() ? methodType(type).wrap().returnType() : Objects.class;
      MethodHandle one = own.findStatic(owner, "hashCode", methodType(int.class, type));
      hash =
          hash == null
              ? one
              : MethodHandles.collectArguments(
                  MethodHandles.collectArguments(mix, 0, hash), hash.type().parameterCount(), one);
    }
    return Objects.requireNonNull(hash);
  }

  static int mix(int hash, int next) {
    return 31 * hash + next;
  }

  /** What generated tuples have in common. */
  abstract static class Tuple {
    private final int hash;

    Tuple(int hash) {
      this.hash = hash;
    }

    @Override
    public final int hashCode() {
      return hash;
    }
  }
}
