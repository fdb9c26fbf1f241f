package io.perfkit.testing;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The house rules about what types are: their packages, signatures and hierarchy. */
final class StructureRules {
  /** What a public signature may name anywhere: the JDK, ourselves, and what modules are about. */
  private static final List<String> EVERYWHERE =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "com.sun.",
          "io.perfkit.",
          "redis.clients.jedis.",
          "io.micrometer.core.",
          "com.zaxxer.hikari.");

  /** The optional libraries that have adapters, and the name of an adapter's package. */
  private static final Map<String, String> ADAPTERS =
      Map.of("jakarta.servlet.", "servlet", "org.springframework.", "spring");

  private StructureRules() {}

  static ArchRule noPackageCycles() {
    return SlicesRuleDefinition.slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
                return SliceIdentifier.of(javaClass.getPackageName());
              }

              @Override
              public String getDescription() {
                return "packages";
              }
            })
        .should()
        .beFreeOfCycles();
  }

  static ArchRule exceptionsExtend(String root) {
    return ArchRuleDefinition.classes()
        .that()
        .areAssignableTo(Throwable.class)
        .should()
        .beAssignableTo(root)
        .allowEmptyShould(true)
        .because("users catch one exception per module");
  }

  static ArchRule noExceptionWithoutRoot() {
    return ArchRuleDefinition.noClasses()
        .should()
        .beAssignableTo(Throwable.class)
        .because("a module with exceptions names their root by HouseRules.rootException(..)");
  }

  static ArchRule packagesNullMarked() {
    return ArchRuleDefinition.classes()
        .should(
            new ArchCondition<>("be in a package whose package-info says @NullMarked") {
              @Override
              public void check(JavaClass javaClass, ConditionEvents events) {
                JavaPackage itsPackage = javaClass.getPackage();
                if (!itsPackage.isAnnotatedWith(NullMarked.class)) {
                  String message = javaClass.getName() + ": its package is not @NullMarked";
                  events.add(SimpleConditionEvent.violated(javaClass, message));
                }
              }
            });
  }

  static ArchRule optionalLibrariesStayInTheirPackage() {
    return ArchRuleDefinition.classes()
        .should(
            new ArchCondition<>("name optional libraries only in the package named after them") {
              @Override
              public void check(JavaClass javaClass, ConditionEvents events) {
                if (isVisible(javaClass)) {
                  signatureTypes(javaClass).stream()
                      .filter(type -> !mayName(javaClass, type))
                      .map(type -> javaClass.getName() + " has " + type + " in a public signature")
                      .forEach(m -> events.add(SimpleConditionEvent.violated(javaClass, m)));
                }
              }
            })
        .because("who does not use the library must not need it");
  }

  private static boolean mayName(JavaClass javaClass, String typeName) {
    for (Map.Entry<String, String> adapter : ADAPTERS.entrySet()) {
      if (typeName.startsWith(adapter.getKey())) {
        return List.of(javaClass.getPackageName().split("\\.")).contains(adapter.getValue());
      }
    }
    return !typeName.contains(".") || EVERYWHERE.stream().anyMatch(typeName::startsWith);
  }

  private static boolean isVisible(JavaClass javaClass) {
    for (Optional<JavaClass> c = Optional.of(javaClass);
        c.isPresent();
        c = c.get().getEnclosingClass()) {
      if (!isVisible(c.get().getModifiers())) {
        return false;
      }
    }
    return true;
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  /** The names of all types that a user of this class has to have, sorted. */
  private static Set<String> signatureTypes(JavaClass javaClass) {
    Stream<JavaType> parents =
        Stream.concat(javaClass.getSuperclass().stream(), javaClass.getInterfaces().stream());
    Stream<JavaType> bounds =
        javaClass.getTypeParameters().stream().flatMap(variable -> variable.getBounds().stream());
    Stream<JavaType> members =
        javaClass.getMembers().stream()
            .filter(member -> isVisible(member.getModifiers()))
            .flatMap(StructureRules::typesOf);
    Set<String> names = new TreeSet<>();
    Stream.of(parents, bounds, members)
        .flatMap(types -> types)
        .flatMap(type -> type.getAllInvolvedRawTypes().stream())
        .forEach(raw -> names.add(raw.getBaseComponentType().getName()));
    return names;
  }

  private static Stream<JavaType> typesOf(JavaMember member) {
    if (member instanceof JavaCodeUnit codeUnit) {
      return Stream.of(
              Stream.of(codeUnit.getReturnType()),
              codeUnit.getParameterTypes().stream(),
              codeUnit.getExceptionTypes().stream(),
              codeUnit.getTypeParameters().stream().flatMap(v -> v.getBounds().stream()))
          .flatMap(types -> types);
    }
    return member.getAllInvolvedRawTypes().stream().map(JavaType.class::cast);
  }
}
