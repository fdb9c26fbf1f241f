package io.perfkit.testing;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The house rules about types: their packages, signatures and hierarchy. */
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

  /** Shorter parts, such as {@code io} and {@code api}, name no library. */
  private static final int LIBRARY_NAME_MIN = 4;

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
        .because(
            "a user without the library must not need it: an adapter stands in a package named"
                + " after the library, or is a class named after it");
  }

  private static boolean mayName(JavaClass javaClass, String typeName) {
    for (Map.Entry<String, String> adapter : ADAPTERS.entrySet()) {
      if (typeName.startsWith(adapter.getKey())) {
        return packageParts(javaClass.getPackageName()).contains(adapter.getValue());
      }
    }
    return !typeName.contains(".")
        || EVERYWHERE.stream().anyMatch(typeName::startsWith)
        || isNamedAfterLibraryOf(typeName, javaClass);
  }

  /** As {@code JacksonCodec} is after {@code tools.jackson.databind.JavaType}. */
  private static boolean isNamedAfterLibraryOf(String typeName, JavaClass javaClass) {
    String name = CodeRules.outermost(javaClass).getSimpleName().toLowerCase(Locale.ROOT);
    return packageParts(typeName.substring(0, typeName.lastIndexOf('.'))).stream()
        .anyMatch(part -> part.length() >= LIBRARY_NAME_MIN && name.contains(part));
  }

  private static List<String> packageParts(String packageName) {
    return List.of(packageName.split("\\.", -1));
  }

  static ArchRule internalStaysOutOfSignatures() {
    return ArchRuleDefinition.classes()
        .should(
            new ArchCondition<>("name no type of an internal package in a public signature") {
              @Override
              public void check(JavaClass javaClass, ConditionEvents events) {
                if (isVisible(javaClass) && !isInternal(javaClass.getPackageName())) {
                  signatureTypes(javaClass).stream()
                      .filter(type -> type.contains(".") && isInternal(type))
                      .map(type -> javaClass.getName() + " has " + type + " in a public signature")
                      .forEach(m -> events.add(SimpleConditionEvent.violated(javaClass, m)));
                }
              }
            })
        .because("users may not depend on what the packages of a module share");
  }

  private static boolean isInternal(String name) {
    return packageParts(name).contains("internal");
  }

  /** Two public types of one simple name, which users would have to tell apart in one file. */
  static List<String> sameSimpleNames(JavaClasses classes) {
    Map<String, Set<String>> bySimpleName = new TreeMap<>();
    classes.stream()
        .filter(JavaClass::isTopLevelClass)
        .filter(type -> isVisible(type) && !isInternal(type.getPackageName()))
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .forEach(
            type ->
                bySimpleName
                    .computeIfAbsent(type.getSimpleName(), name -> new TreeSet<>())
                    .add(type.getName()));
    return bySimpleName.values().stream()
        .filter(types -> types.size() > 1)
        .map(types -> "public types of one simple name: " + String.join(", ", types))
        .toList();
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
