package io.perfkit.weave;

import static net.bytebuddy.matcher.ElementMatchers.named;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.ClassFileVersion;
import net.bytebuddy.description.field.FieldDescription;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.dynamic.scaffold.MethodGraph;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.dynamic.scaffold.subclass.ConstructorStrategy;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.implementation.bytecode.ByteCodeAppender;
import net.bytebuddy.implementation.bytecode.StackManipulation;
import net.bytebuddy.implementation.bytecode.assign.TypeCasting;
import net.bytebuddy.implementation.bytecode.constant.ClassConstant;
import net.bytebuddy.implementation.bytecode.constant.IntegerConstant;
import net.bytebuddy.implementation.bytecode.constant.TextConstant;
import net.bytebuddy.implementation.bytecode.member.FieldAccess;
import net.bytebuddy.implementation.bytecode.member.HandleInvocation;
import net.bytebuddy.implementation.bytecode.member.MethodInvocation;
import net.bytebuddy.implementation.bytecode.member.MethodReturn;
import net.bytebuddy.implementation.bytecode.member.MethodVariableAccess;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.utility.JavaConstant;

/**
 * The class that Byte Buddy builds for a service, hidden and in the service's package. Each planned
 * method is one call of a handle in a static final field, so that the compiler sees through it:
 *
 * <pre>{@code
 * final class UserService$Woven extends UserService {
 *   private static final MethodHandle plan0 = MethodHandles.classDataAt(.., 0);
 *   public User find(long id) { return (User) plan0.invokeExact((UserService) this, id); }
 * }
 * }</pre>
 *
 * <p>Around an existing instance it also has a field {@code target}, and passes on to it whatever
 * has no plan.
 */
final class WovenClass {
  static final String TARGET = "target";

  private final Class<?> parent;
  private final boolean delegating;
  private final Class<?> targetType;
  private DynamicType.Builder<?> builder;

  private WovenClass(
      Class<?> parent, boolean delegating, Class<?> targetType, DynamicType.Builder<?> builder) {
    this.parent = parent;
    this.delegating = delegating;
    this.targetType = targetType;
    this.builder = builder;
  }

  /** A subclass with the constructors of its parent. */
  static WovenClass subclass(Class<?> parent, String name) {
    return new WovenClass(
        parent,
        false,
        parent,
        builder(name, parent, ConstructorStrategy.Default.IMITATE_SUPER_CLASS));
  }

  /** A subclass whose instances are never constructed, around an instance of its parent. */
  static WovenClass around(Class<?> parent, String name) {
    return new WovenClass(
            parent,
            true,
            parent,
            builder(name, parent, ConstructorStrategy.Default.NO_CONSTRUCTORS))
        .withTarget();
  }

  /** An implementation of interfaces around another one. */
  static WovenClass around(List<Class<?>> interfaces, String name) {
    DynamicType.Builder<?> builder =
        builder(name, Object.class, ConstructorStrategy.Default.NO_CONSTRUCTORS);
    Class<?> target = interfaces.size() == 1 ? interfaces.get(0) : Object.class;
    return new WovenClass(
            Object.class, true, target, builder.implement(interfaces.toArray(Class<?>[]::new)))
        .withTarget();
  }

  private static DynamicType.Builder<?> builder(
      String name, Class<?> parent, ConstructorStrategy constructors) {
    return new ByteBuddy(ClassFileVersion.JAVA_V17)
        .with(TypeValidation.DISABLED)
        .with(MethodGraph.Compiler.ForDeclaredMethods.INSTANCE) // we name each method ourselves
        .subclass(parent, constructors)
        .name(name)
        .modifiers(Modifier.FINAL);
  }

  private WovenClass withTarget() {
    builder = builder.defineField(TARGET, targetType, Modifier.PRIVATE);
    return this;
  }

  /** The type of the service in plans. */
  Class<?> self() {
    return parent;
  }

  /** The handle of what a plan stands around: the parent's method, or the target's. */
  MethodHandle next(Method method, Lookup woven)
      throws IllegalAccessException, NoSuchMethodException, NoSuchFieldException {
    MethodType type = MethodType.methodType(method.getReturnType(), method.getParameterTypes());
    MethodHandle next;
    if (delegating) {
      Class<?> owner = targetType == Object.class ? method.getDeclaringClass() : targetType;
      MethodHandle target = woven.findGetter(woven.lookupClass(), TARGET, targetType);
      next =
          MethodHandles.filterArguments(
              woven.findVirtual(owner, method.getName(), type),
              0,
              target.asType(target.type().changeReturnType(owner)));
    } else {
      next = woven.findSpecial(parent, method.getName(), type, woven.lookupClass());
    }
    return next.asType(next.type().changeParameterType(0, parent));
  }

  Woven instances(Class<?> service, Lookup woven)
      throws IllegalAccessException, NoSuchFieldException {
    return delegating
        ? Woven.around(woven, woven.findSetter(woven.lookupClass(), TARGET, targetType))
        : Woven.subclass(service, woven);
  }

  /** Overrides a method by the plan of this index. */
  void plan(Method method, int index) {
    String field = "plan" + index;
    builder =
        builder.defineField(
            field, MethodHandle.class, Modifier.PRIVATE | Modifier.STATIC | Modifier.FINAL);
    override(
        method,
        (visitor, context, instrumented) ->
            size(
                instrumented,
                new StackManipulation.Compound(
                        read(context, field),
                        MethodVariableAccess.allArgumentsOf(instrumented).prependThisReference(),
                        new HandleInvocation(
                            JavaConstant.MethodType.of(
                                method.getReturnType(), planParameters(method))),
                        MethodReturn.of(instrumented.getReturnType()))
                    .apply(visitor, context)));
  }

  /** Overrides a method by a call of the same method of the target. */
  void passOn(Method method) {
    TypeDescription owner =
        TypeDescription.ForLoadedType.of(
            targetType == Object.class ? method.getDeclaringClass() : targetType);
    override(
        method,
        (visitor, context, instrumented) ->
            size(
                instrumented,
                new StackManipulation.Compound(
                        MethodVariableAccess.loadThis(),
                        read(context, TARGET),
                        targetType == Object.class
                            ? TypeCasting.to(owner)
                            : StackManipulation.Trivial.INSTANCE,
                        MethodVariableAccess.allArgumentsOf(instrumented),
                        MethodInvocation.invoke(new MethodDescription.ForLoadedMethod(method))
                            .virtual(owner),
                        MethodReturn.of(instrumented.getReturnType()))
                    .apply(visitor, context)));
  }

  /**
   * Defines the class, not initialised: its plans are taken from {@code plans} when its first
   * instance is made.
   */
  Lookup define(Lookup host, List<MethodHandle> plans) throws IllegalAccessException {
    byte[] bytes =
        builder
            .initializer(
                (visitor, context, instrumented) ->
                    size(instrumented, initializer(context, plans.size()).apply(visitor, context)))
            .make()
            .getBytes();
    return host.defineHiddenClassWithClassData(bytes, plans, false);
  }

  private static StackManipulation initializer(Implementation.Context context, int plans) {
    StackManipulation all = StackManipulation.Trivial.INSTANCE;
    for (int i = 0; i < plans; i++) {
      all =
          new StackManipulation.Compound(
              all,
              MethodInvocation.invoke(method(MethodHandles.class, "lookup")),
              new TextConstant("_"),
              ClassConstant.of(TypeDescription.ForLoadedType.of(MethodHandle.class)),
              IntegerConstant.forValue(i),
              MethodInvocation.invoke(
                  method(
                      MethodHandles.class,
                      "classDataAt",
                      Lookup.class,
                      String.class,
                      Class.class,
                      int.class)),
              TypeCasting.to(TypeDescription.ForLoadedType.of(MethodHandle.class)),
              FieldAccess.forField(field(context, "plan" + i)).write());
    }
    return all;
  }

  private void override(Method method, ByteCodeAppender body) {
    int modifiers =
        (method.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED))
            | (method.isVarArgs() ? Opcodes.ACC_VARARGS : 0);
    builder =
        builder
            .defineMethod(method.getName(), method.getReturnType(), modifiers)
            .withParameters(method.getParameterTypes())
            .throwing(method.getExceptionTypes())
            .intercept(new Implementation.Simple(body));
  }

  private Class<?>[] planParameters(Method method) {
    Class<?>[] parameters = new Class<?>[method.getParameterCount() + 1];
    parameters[0] = parent;
    System.arraycopy(method.getParameterTypes(), 0, parameters, 1, method.getParameterCount());
    return parameters;
  }

  private static StackManipulation read(Implementation.Context context, String field) {
    return FieldAccess.forField(field(context, field)).read();
  }

  private static FieldDescription.InDefinedShape field(
      Implementation.Context context, String name) {
    return context.getInstrumentedType().getDeclaredFields().filter(named(name)).getOnly();
  }

  private static ByteCodeAppender.Size size(
      MethodDescription method, StackManipulation.Size stack) {
    return new ByteCodeAppender.Size(stack.getMaximalSize(), method.getStackSize());
  }

  private static MethodDescription.InDefinedShape method(
      Class<?> owner, String name, Class<?>... parameters) {
    return Arrays.stream(owner.getMethods())
        .filter(
            method ->
                method.getName().equals(name)
                    && Arrays.equals(method.getParameterTypes(), parameters))
        .findFirst()
        .map(MethodDescription.ForLoadedMethod::new)
        .orElseThrow();
  }
}
