package io.perfkit.weave;

import static net.bytebuddy.matcher.ElementMatchers.named;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
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
import net.bytebuddy.implementation.FieldAccessor;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.implementation.SuperMethodCall;
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
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.utility.JavaConstant;

/**
 * The class that Byte Buddy builds for a service, hidden and in the service's package. Each planned
 * method is one call of a handle in a static final field, so that the JIT compiler can inline it:
 *
 * <pre>{@code
 * final class UserService$$Woven extends UserService {
 *   private static final MethodHandle plan0 = MethodHandles.classDataAt(.., 0);
 *   public User find(long id) { return (User) plan0.invokeExact((UserService) this, id); }
 * }
 * }</pre>
 *
 * <p>Around an existing instance it also has a field {@code target}, and forwards methods without a
 * plan to it.
 */
final class WovenClass {
  static final String TARGET = "target";

  /** Ending of names by which frameworks recognise generated classes and look behind them. */
  static final String SUFFIX = "$$Woven";

  private static final String CONSTRUCTED = "constructed";

  private final Class<?> parent;
  private final boolean delegating;
  private final Class<?> targetType;
  private boolean guarded;
  private List<Field> carried = List.of();
  private DynamicType.Builder<?> builder;

  private WovenClass(
      Class<?> parent, boolean delegating, Class<?> targetType, DynamicType.Builder<?> builder) {
    this.parent = parent;
    this.delegating = delegating;
    this.targetType = targetType;
    this.builder = builder;
  }

  /**
   * A subclass with the constructors of its parent.
   *
   * @param guarded whether plans wait until an instance is constructed; needed only where a
   *     constructor may call a planned method
   */
  static WovenClass subclass(Class<?> parent, String name, boolean guarded) {
    DynamicType.Builder<?> builder =
        builder(name, parent, ConstructorStrategy.Default.IMITATE_SUPER_CLASS);
    if (guarded) {
      builder =
          builder
              .defineField(CONSTRUCTED, boolean.class, Modifier.PRIVATE)
              .constructor(ElementMatchers.any())
              .intercept(
                  SuperMethodCall.INSTANCE.andThen(
                      FieldAccessor.ofField(CONSTRUCTED).setsValue(true)));
    }
    WovenClass built = new WovenClass(parent, false, parent, builder);
    built.guarded = guarded;
    return built;
  }

  /** A subclass whose instances are never constructed, and wrap an instance of its parent. */
  static WovenClass around(Class<?> parent, String name) {
    return new WovenClass(
            parent,
            true,
            parent,
            builder(name, parent, ConstructorStrategy.Default.NO_CONSTRUCTORS))
        .withTarget();
  }

  /** An implementation of an interface that wraps another one. */
  static WovenClass aroundInterface(Class<?> type, String name) {
    DynamicType.Builder<?> builder =
        builder(name, Object.class, ConstructorStrategy.Default.NO_CONSTRUCTORS);
    return new WovenClass(Object.class, true, type, builder.implement(type)).withTarget();
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
      next = ofTarget(method, type, woven);
    } else {
      next = woven.findSpecial(parent, method.getName(), type, woven.lookupClass());
    }
    return next.asType(next.type().changeParameterType(0, parent));
  }

  /** The method of the target; a target that is the result is the object around it. */
  private MethodHandle ofTarget(Method method, MethodType type, Lookup woven)
      throws IllegalAccessException, NoSuchMethodException, NoSuchFieldException {
    Class<?> owner = targetType;
    Lookup caller = woven;
    if (isProtectedElsewhere(method)) { // which only its own package calls on another object
      owner = method.getDeclaringClass();
      caller = MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
    }
    MethodHandle called = caller.findVirtual(owner, method.getName(), type);
    MethodHandle target = woven.findGetter(woven.lookupClass(), TARGET, targetType);
    MethodHandle targetOf = target.asType(MethodType.methodType(owner, parent));
    if (!mayBeFluent(method)) {
      return MethodHandles.filterArguments(called, 0, targetOf);
    }
    MethodType all = type.insertParameterTypes(0, owner, parent);
    MethodHandle replace =
        Wrapped.REPLACE.asType(
            MethodType.methodType(type.returnType(), type.returnType(), owner, parent));
    int count = type.parameterCount();
    int[] order = new int[count + 3];
    for (int i = 0; i < count; i++) {
      order[i + 1] = i + 2;
    }
    order[count + 1] = 0;
    order[count + 2] = 1;
    MethodHandle replaced =
        MethodHandles.permuteArguments(
            MethodHandles.collectArguments(replace, 0, called), all, order);
    return MethodHandles.foldArguments(replaced, targetOf);
  }

  /** Whether the object around the target could stand where the method returns the target. */
  private boolean mayBeFluent(Method method) {
    return method.getReturnType() == Object.class
        ? !method.getName().equals("clone")
        : method.getReturnType().isAssignableFrom(targetType);
  }

  private boolean isProtectedElsewhere(Method method) {
    return Modifier.isProtected(method.getModifiers())
        && !ServiceMethods.isOfOnePackage(method.getDeclaringClass(), parent);
  }

  /** Whether byte code of this class can't pass the method on as it has to be. */
  boolean needsHandle(Method method) {
    return isProtectedElsewhere(method) || mayBeFluent(method) || isEquals(method);
  }

  private static boolean isEquals(Method method) {
    return method.getName().equals("equals")
        && Arrays.equals(method.getParameterTypes(), new Class<?>[] {Object.class});
  }

  /** What passes a method on, for {@link #plan}. */
  MethodHandle passOnByHandle(Method method, Class<?> service, Lookup woven)
      throws IllegalAccessException, NoSuchMethodException, NoSuchFieldException {
    if (!isEquals(method)) {
      return next(method, woven);
    }
    MethodHandle target = woven.findGetter(woven.lookupClass(), TARGET, targetType);
    return Wrapped.equality(woven.lookupClass(), target, service)
        .asType(MethodType.methodType(boolean.class, parent, Object.class));
  }

  /** The plan, from the end of the constructor on; before that the method itself. */
  MethodHandle onceConstructed(MethodHandle plan, MethodHandle method, Lookup woven)
      throws IllegalAccessException, NoSuchFieldException {
    if (!guarded) {
      return plan;
    }
    MethodHandle constructed =
        woven
            .findGetter(woven.lookupClass(), CONSTRUCTED, boolean.class)
            .asType(MethodType.methodType(boolean.class, parent));
    return MethodHandles.guardWithTest(constructed, plan, method);
  }

  /** Final fields of base classes that instances have of their own, as the target has them. */
  void carry(List<Field> fields) {
    carried = fields;
  }

  Woven instances(Class<?> service, Lookup woven)
      throws IllegalAccessException, NoSuchFieldException {
    return delegating
        ? Woven.around(woven, woven.findSetter(woven.lookupClass(), TARGET, targetType), carried)
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
    TypeDescription owner = TypeDescription.ForLoadedType.of(targetType);
    override(
        method,
        (visitor, context, instrumented) ->
            size(
                instrumented,
                new StackManipulation.Compound(
                        MethodVariableAccess.loadThis(),
                        read(context, TARGET),
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
