package io.perfkit.testing;

import static java.util.Objects.requireNonNull;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Architecture tests for the rules of every perfkit module that Maven cannot check, over the
 * compiled main classes of one base package. One thread at a time.
 *
 * <ol>
 *   <li>Packages form no cycle.
 *   <li>Clocks are read, and threads started or put to sleep, only in the classes named here; a
 *       method reference such as {@code System::nanoTime} counts.
 *   <li>A public signature names a type of an optional library only in a package or class named
 *       after it, and a type of an {@code internal} package nowhere.
 *   <li>Every own exception extends the module's root exception.
 *   <li>The public top-level types are those of {@code src/test/resources/public-types.txt}.
 *   <li>Nothing prints to {@code System.out}, {@code System.err} or as a stack trace.
 *   <li>Every package is {@code @NullMarked}.
 *   <li>No Java native serialization.
 *   <li>No loop of more than four classes that depend on each other, nested classes counted as
 *       their file; no two public types of one simple name.
 *   <li>Every public type, member and record component has Javadoc, and no tag just repeats a name.
 *   <li>No file has more than 500 lines of code, but those named by {@link #delegation}.
 *   <li>No test sleeps.
 *   <li>No text depends on the JVM's locale.
 *   <li>A method that takes a {@code Duration} converts it without an overflow.
 * </ol>
 *
 * <p>A module has one test for it:
 *
 * <pre>{@code
 * @Test
 * void keepsTheHouseRules() {
 *   HouseRules.of("io.perfkit.cache").rootException("CacheException").clocks("Caches").check();
 * }
 * }</pre>
 *
 * <p>Classes are named by what follows the base package, nested ones by their outer class.
 */
public final class HouseRules {
  private final String basePackage;
  private final ImportOption imported;
  private final PublicTypes publicTypes;
  private final Optional<SourceRules> sources;
  private Optional<String> rootException = Optional.empty();
  private Set<String> clocks = Set.of();
  private Set<String> threads = Set.of();
  private Set<String> delegation = Set.of();
  private final Set<String> loops = new TreeSet<>();
  private boolean elapsedTimeOnly;

  private HouseRules(
      String basePackage,
      ImportOption imported,
      PublicTypes publicTypes,
      Optional<SourceRules> sources) {
    this.basePackage = requireNonNull(basePackage, "basePackage");
    this.imported = imported;
    this.publicTypes = publicTypes;
    this.sources = sources;
  }

  /** The rules for a module without clock, threads or exceptions of its own, checked at once. */
  public static void check(String basePackage) {
    of(basePackage).check();
  }

  /** The rules for the main classes of {@code basePackage} and the packages below it. */
  public static HouseRules of(String basePackage) {
    return new HouseRules(
        basePackage,
        ImportOption.Predefined.DO_NOT_INCLUDE_TESTS,
        new PublicTypes("public-types.txt"),
        Optional.of(new SourceRules(Path.of("src/main/java"))));
  }

  /** The rules for classes wherever they were compiled to; for the tests of the rules. */
  static HouseRules ofPlanted(String basePackage, String publicTypesResource) {
    return new HouseRules(
        basePackage, location -> true, new PublicTypes(publicTypesResource), Optional.empty());
  }

  /** The exception that every other one of the module extends. */
  public HouseRules rootException(String className) {
    rootException = Optional.of(fullName(className));
    return this;
  }

  /** The classes that may read a clock, such as the one with {@code System::nanoTime}. */
  public HouseRules clocks(String... classNames) {
    clocks = fullNames(classNames);
    return this;
  }

  /** Those classes read elapsed time and no wall clock, so that a clock jump has no effect. */
  public HouseRules elapsedTimeOnly() {
    elapsedTimeOnly = true;
    return this;
  }

  /** The classes that may start threads, sleep or use the common pool. */
  public HouseRules threads(String... classNames) {
    threads = fullNames(classNames);
    return this;
  }

  /** The classes that forward JDBC's many methods, and so may be long. */
  public HouseRules delegation(String... classNames) {
    delegation = fullNames(classNames);
    return this;
  }

  /**
   * Excuses one loop of classes that is larger than four.
   *
   * @param className one class of it
   * @param reason why the loop may stay, for a reader of the module's test
   */
  public HouseRules loopAround(String className, String reason) {
    if (reason.isBlank()) {
      throw new IllegalArgumentException("reason: blank (expected: why the loop may stay)");
    }
    loops.add(fullName(className));
    return this;
  }

  /**
   * Checks all rules, each whether or not another one is broken.
   *
   * @throws AssertionError naming every broken rule and where it is broken
   */
  public void check() {
    JavaClasses classes =
        new ClassFileImporter().withImportOption(imported).importPackages(basePackage);
    if (classes.isEmpty()) {
      throw new AssertionError("no compiled class in " + basePackage);
    }
    List<String> broken = new ArrayList<>();
    for (ArchRule rule : rules()) {
      messageOf(rule, classes).ifPresent(broken::add);
    }
    broken.addAll(publicTypes.compareWith(classes));
    broken.addAll(unknownNames(classes));
    broken.addAll(ClassLoops.tooLargeIn(classes, loops));
    broken.addAll(StructureRules.sameSimpleNames(classes));
    sources.ifPresent(
        files -> {
          broken.addAll(files.javadocFaults());
          broken.addAll(files.localeFaults());
          broken.addAll(files.longFiles(delegation));
          broken.addAll(sleepsInTests());
        });
    if (!broken.isEmpty()) {
      throw new AssertionError(String.join("\n\n", broken));
    }
  }

  private List<ArchRule> rules() {
    return List.of(
        StructureRules.noPackageCycles(),
        CodeRules.clocksOnlyIn(clocks),
        CodeRules.wallClocksOnlyIn(elapsedTimeOnly ? Set.of() : clocks),
        CodeRules.threadsOnlyIn(threads),
        StructureRules.optionalLibrariesStayInTheirPackage(),
        StructureRules.internalStaysOutOfSignatures(),
        rootException
            .map(StructureRules::exceptionsExtend)
            .orElseGet(StructureRules::noExceptionWithoutRoot),
        CodeRules.nothingPrinted(),
        StructureRules.packagesNullMarked(),
        CodeRules.noNativeSerialization(),
        CodeRules.durationsSaturate());
  }

  private List<String> sleepsInTests() {
    JavaClasses tests =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/planted/"))
            .importPackages(basePackage);
    return messageOf(CodeRules.noSleepsInTests(), tests).stream().toList();
  }

  private static Optional<String> messageOf(ArchRule rule, JavaClasses classes) {
    try {
      rule.check(classes);
      return Optional.empty();
    } catch (AssertionError violation) {
      return Optional.of(String.valueOf(violation.getMessage()));
    }
  }

  /** Names without a class: a later class of that name would inherit the permission. */
  private List<String> unknownNames(JavaClasses classes) {
    List<String> named = new ArrayList<>(clocks);
    named.addAll(threads);
    named.addAll(delegation);
    rootException.ifPresent(named::add);
    return named.stream()
        .filter(name -> !classes.contain(name))
        .sorted()
        .map(name -> "HouseRules names " + name + ", which does not exist")
        .toList();
  }

  private Set<String> fullNames(String... classNames) {
    List<String> names = new ArrayList<>();
    for (String className : classNames) {
      names.add(fullName(className));
    }
    return Set.copyOf(names);
  }

  private String fullName(String className) {
    return className.startsWith(basePackage + ".") ? className : basePackage + "." + className;
  }
}
