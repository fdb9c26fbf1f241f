package io.perfkit.weave;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a woven method with its arguments (AOP's joinpoint), for an aspect that proceeds
 * later or on another thread, such as a cache that loads on a miss. Created only if an aspect needs
 * it. Thread safe if the arguments are.
 */
public final class Call {
  private static final MethodHandle NEW = constructor();

  /** A method handle takes at most 255 slots, including itself and a receiver. */
  private static final int SLOTS_MAX = 250;

  private final MethodHandle next;
  private final @Nullable Object[] arguments; // the service first

  Call(MethodHandle next, @Nullable Object[] arguments) {
    this.next = next;
    this.arguments = arguments;
  }

  /**
   * A handle with the parameters of {@code next}, which returns a {@code Call} that proceeds to
   * {@code next}.
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
   * Adapts a function of the call's service and arguments for {@link #apply}.
   *
   * @param function takes all of these, then one more
   */
  public static MethodHandle function(MethodHandle function) {
    MethodType type = function.type();
    int last = type.parameterCount() - 1;
    return function.asType(type.generic()).asSpreader(0, Object[].class, last);
  }

  /**
   * A handle with the parameters of a call, which applies {@code target} to the results of the
   * parts.
   *
   * @param parts one for each parameter of the target, each taking the same
   */
  public static MethodHandle compute(MethodHandle target, List<MethodHandle> parts) {
    if (parts.isEmpty()) {
      return target;
    }
    MethodType call = parts.get(0).type();
    MethodType result = call.changeReturnType(target.type().returnType());
    int most = slots(target.type()) + 2 * slots(call);
    return most < SLOTS_MAX
        ? computeInline(target, parts, result)
        : computeOfArray(target, parts, result);
  }

  private static MethodHandle computeInline(
      MethodHandle target, List<MethodHandle> parts, MethodType result) {
    int count = result.parameterCount();
    MethodHandle computed = target;
    for (int i = parts.size() - 1; i >= 0; i--) {
      computed = MethodHandles.collectArguments(computed, i, parts.get(i));
      if (i < parts.size() - 1) { // the parts so far share what they take
        int[] order = new int[i + 2 * count];
        for (int j = 0; j < order.length; j++) {
          order[j] = j < i + count ? j : j - count;
        }
        MethodType shared = computed.type().dropParameterTypes(i + count, i + 2 * count);
        computed = MethodHandles.permuteArguments(computed, shared, order);
      }
    }
    return computed;
  }

  /** The same for calls with more than half as many arguments as a handle takes. */
  private static MethodHandle computeOfArray(
      MethodHandle target, List<MethodHandle> parts, MethodType result) {
    int count = result.parameterCount();
    MethodHandle[] ofArray =
        parts.stream()
            .map(
                part ->
                    part.asType(part.type().generic().changeReturnType(part.type().returnType()))
                        .asSpreader(Object[].class, count))
            .toArray(MethodHandle[]::new);
    MethodHandle filtered = MethodHandles.filterArguments(target, 0, ofArray);
    MethodHandle once =
        MethodHandles.permuteArguments(
            filtered,
            MethodType.methodType(target.type().returnType(), Object[].class),
            new int[parts.size()]);
    return once.asCollector(Object[].class, count).asType(result);
  }

  private static int slots(MethodType type) {
    return type.parameterList().stream()
        .mapToInt(parameter -> parameter == long.class || parameter == double.class ? 2 : 1)
        .sum();
  }

  /** Proceeds to the method, or to the next inner aspect; exceptions pass through unchanged. */
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

  /** Applies a {@link #function} to this call's arguments and one more. */
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
