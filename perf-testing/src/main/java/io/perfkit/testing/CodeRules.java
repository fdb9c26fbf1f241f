package io.perfkit.testing;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Calendar;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.BaseStream;

/** The house rules about code: which methods and fields of the JDK it may use. */
final class CodeRules {
  private CodeRules() {}

  static ArchRule clocksOnlyIn(Set<String> allowed) {
    return ArchRuleDefinition.classes()
        .should(notTouch("read a clock", CodeRules::readsClock, allowed))
        .because(
            "time is a parameter: a LongSupplier of nanos or an InstantSource."
                + " A class with their default is named by HouseRules.clocks(..)");
  }

  static ArchRule wallClocksOnlyIn(Set<String> allowed) {
    return ArchRuleDefinition.classes()
        .should(notTouch("read a wall clock", CodeRules::readsWallClock, allowed))
        .because("a wall clock may jump, and elapsed time does not");
  }

  static ArchRule threadsOnlyIn(Set<String> allowed) {
    return ArchRuleDefinition.classes()
        .should(notTouch("start threads or sleep", CodeRules::usesThreads, allowed))
        .because(
            "threads are named, bounded and stopped by the component that starts them, and an"
                + " executor is a parameter. Such a class is named by HouseRules.threads(..)");
  }

  static ArchRule nothingPrinted() {
    return ArchRuleDefinition.classes()
        .should(notTouch("print", CodeRules::prints, Set.of()))
        .because("a library logs or throws");
  }

  /** The rule for test classes; it skips classes that are planted for the rules' own tests. */
  static ArchRule noSleepsInTests() {
    return ArchRuleDefinition.classes()
        .should(notTouch("sleep in a test", CodeRules::sleeps, Set.of()))
        .because(
            "a sleep is too short on a busy machine and too long on any other: wait for a condition"
                + " with Await, or give the steps of a load their rhythm with Pace");
  }

  static ArchRule noNativeSerialization() {
    return ArchRuleDefinition.noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo("java.io.ObjectInputStream")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo("java.io.ObjectOutputStream")
        .because("bytes from outside must not become objects of any class");
  }

  /** A constructor is given what a config has checked; a method is given what a caller likes. */
  static ArchRule durationsSaturate() {
    return ArchRuleDefinition.methods()
        .should(
            new ArchCondition<>(
                "not convert a duration that they take by a method that overflows") {
              @Override
              public void check(JavaMethod method, ConditionEvents events) {
                if (method.getRawParameterTypes().stream()
                    .noneMatch(type -> type.isEquivalentTo(Duration.class))) {
                  return;
                }
                for (JavaMethodCall call : method.getMethodCallsFromSelf()) {
                  if (overflows(new Touch(call.getTarget()))) {
                    events.add(SimpleConditionEvent.violated(call, call.getDescription()));
                  }
                }
              }
            })
        .because(
            "a caller may wait for ChronoUnit.FOREVER: NANOSECONDS.convert(duration) gives the largest"
                + " number then, and Duration.toNanos() an ArithmeticException")
        .allowEmptyShould(true);
  }

  private static boolean overflows(Touch touch) {
    return touch.isMethod(
        Duration.class, name -> name.equals("toNanos") || name.equals("toMillis"));
  }

  private static boolean readsClock(Touch touch) {
    return touch.isMethod(System.class, "nanoTime"::equals) || readsWallClock(touch);
  }

  private static boolean readsWallClock(Touch touch) {
    return touch.isMethod(System.class, "currentTimeMillis"::equals)
        || (touch.ownerName().startsWith("java.time.")
            && touch.name().equals("now")
            && !touch.takes(Clock.class))
        || touch.isMethod(Clock.class, name -> name.startsWith("system") || name.startsWith("tick"))
        || touch.isMethod(InstantSource.class, "system"::equals)
        || touch.isMethod(Calendar.class, "getInstance"::equals)
        || (touch.isConstructor(Date.class) && touch.takesNothing());
  }

  private static boolean usesThreads(Touch touch) {
    return touch.isConstructor(Thread.class)
        || touch.isMethod(Thread.class, "sleep"::equals)
        || touch.isMethod(TimeUnit.class, "sleep"::equals)
        || touch.isConstructor(Timer.class)
        || touch.isConstructor(ThreadPoolExecutor.class)
        || touch.isConstructor(ForkJoinPool.class)
        || touch.isMethod(Executors.class, name -> name.startsWith("new"))
        || usesCommonPool(touch);
  }

  private static boolean sleeps(Touch touch) {
    return touch.isMethod(Thread.class, "sleep"::equals)
        || touch.isMethod(TimeUnit.class, "sleep"::equals)
        || touch.isMethod(
            LockSupport.class, name -> name.equals("parkNanos") || name.equals("parkUntil"));
  }

  private static boolean usesCommonPool(Touch touch) {
    return touch.isMethod(ForkJoinPool.class, "commonPool"::equals)
        || touch.isMethod(Collection.class, "parallelStream"::equals)
        || touch.isMethod(BaseStream.class, "parallel"::equals)
        || (touch.isMethod(
                CompletionStage.class,
                name -> name.endsWith("Async") || name.equals("delayedExecutor"))
            && !touch.takes(Executor.class));
  }

  private static boolean prints(Touch touch) {
    return (touch.ownerName().equals(System.class.getName())
            && (touch.name().equals("out") || touch.name().equals("err")))
        || (touch.isMethod(Throwable.class, "printStackTrace"::equals) && touch.takesNothing())
        || touch.isMethod(Thread.class, "dumpStack"::equals);
  }

  private static ArchCondition<JavaClass> notTouch(
      String what, Predicate<Touch> forbidden, Set<String> allowed) {
    String where = allowed.isEmpty() ? "" : " outside " + allowed.stream().sorted().toList();
    return new ArchCondition<>("not " + what + where) {
      @Override
      public void check(JavaClass javaClass, ConditionEvents events) {
        if (allowed.contains(outermost(javaClass).getName())) {
          return;
        }
        for (JavaAccess<?> access : javaClass.getAccessesFromSelf()) {
          if (forbidden.test(new Touch(access.getTarget()))) {
            events.add(SimpleConditionEvent.violated(access, access.getDescription()));
          }
        }
      }
    };
  }

  static JavaClass outermost(JavaClass javaClass) {
    JavaClass outer = javaClass;
    for (Optional<JavaClass> c = Optional.of(javaClass);
        c.isPresent();
        c = outer.getEnclosingClass()) {
      outer = c.get();
    }
    return outer;
  }

  /** A use of a field, method or constructor: a read, a call or a reference by {@code ::}. */
  private record Touch(AccessTarget target) {
    String ownerName() {
      return target.getOwner().getName();
    }

    String name() {
      return target.getName();
    }

    /** Also when it is called on a subtype. */
    boolean isMethod(Class<?> owner, Predicate<String> name) {
      return target instanceof CodeUnitAccessTarget
          && name.test(name())
          && target.getOwner().isAssignableTo(owner);
    }

    /** Exactly of that class: a subclass is found by its call of {@code super}. */
    boolean isConstructor(Class<?> owner) {
      return name().equals("<init>") && ownerName().equals(owner.getName());
    }

    boolean takes(Class<?> parameter) {
      return parameterTypes().stream().anyMatch(type -> type.isAssignableTo(parameter));
    }

    boolean takesNothing() {
      return parameterTypes().isEmpty();
    }

    private List<JavaClass> parameterTypes() {
      return target instanceof CodeUnitAccessTarget codeUnit
          ? codeUnit.getRawParameterTypes()
          : List.of();
    }
  }
}
