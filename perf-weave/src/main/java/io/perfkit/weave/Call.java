package io.perfkit.weave;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * One call of a woven method with its arguments, for an aspect that goes on with it later or
 * elsewhere, such as a cache that loads on a miss. Made only where an aspect asks for it. Thread
 * safe if the arguments are.
 */
public final class Call {
  private static final MethodHandle NEW = constructor();

  private final MethodHandle next;
  private final @Nullable Object[] arguments; // the service first

  Call(MethodHandle next, @Nullable Object[] arguments) {
    this.next = next;
    this.arguments = arguments;
  }

  /**
   * A handle that takes what {@code next} takes, and gives a {@code Call} that goes on with {@code
   * next}.
   */
  public static MethodHandle of(MethodHandle next) {
    MethodType type = next.type();
    MethodHandle spread =
        next.asType(type.generic()).asSpreader(Object[].class, type.parameterCount());
    return NEW.bindTo(spread)
        .asCollector(Object[].class, type.parameterCount())
        .asType(type.changeReturnType(Call.class));
  }

  /**
   * A handle of the type of {@code next} that passes each call to {@code handler}.
   *
   * @param handler takes a {@code Call} and gives the method's result, boxed
   */
  public static MethodHandle handledBy(MethodHandle handler, MethodHandle next) {
    MethodHandle typed =
        handler.asType(MethodType.methodType(next.type().returnType(), Call.class));
    return MethodHandles.collectArguments(typed, 0, of(next));
  }

  /**
   * A function of the call's service and arguments, to be used by {@link #apply}.
   *
   * @param function takes all of these, then one more
   */
  public static MethodHandle function(MethodHandle function) {
    MethodType type = function.type();
    int last = type.parameterCount() - 1;
    return function.asType(type.generic()).asSpreader(0, Object[].class, last);
  }

  /** Goes on to the method, or to the aspect inside; throws what that throws, as it is. */
  public @Nullable Object proceed() throws Throwable {
    return next.invokeExact(arguments);
  }

  /** The method's argument of this index, boxed. */
  public @Nullable Object argument(int index) {
    return arguments[index + 1];
  }

  /** The same call with another argument. */
  public Call withArgument(int index, @Nullable Object argument) {
    @Nullable Object[] changed = arguments.clone();
    changed[index + 1] = argument;
    return new Call(next, changed);
  }

  /** What a {@link #function} of this call's arguments gives for one more. */
  public @Nullable Object apply(MethodHandle function, @Nullable Object last) throws Throwable {
    return function.invokeExact(arguments, last);
  }

  private static MethodHandle constructor() {
    try {
      Lookup own = MethodHandles.lookup();
      return own.findConstructor(
          Call.class, MethodType.methodType(void.class, MethodHandle.class, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
