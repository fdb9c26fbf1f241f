package io.perfkit.testing;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each rule against a small violation in {@code io.perfkit.testing.planted}. */
final class HouseRulesTest {
  private static final String PLANTED = "io.perfkit.testing.planted.";

  @Test
  void passesCodeThatKeepsThem() {
    planted("clean").check();
  }

  @Test
  void seesACycleBetweenPackages() {
    assertThat(violations(planted("cycle")))
        .contains("Cycle detected: Slice " + PLANTED + "cycle.a", "Slice " + PLANTED + "cycle.b");
  }

  @Test
  void seesEveryReadOfAClockAndNoClockThatIsGiven() {
    assertThat(violations(planted("clock")))
        .contains(
            "should not read a clock",
            "A class with their default is named by HouseRules.clocks(..)",
            "references method <java.lang.System.nanoTime()>",
            "calls method <java.lang.System.currentTimeMillis()>",
            "calls method <java.time.InstantSource.system()>",
            "calls method <java.time.Instant.now()>",
            "calls method <java.time.LocalDate.now(java.time.ZoneId)>",
            "ReadsClocks$Nested.nanos()> calls method <java.lang.System.nanoTime()>")
        .doesNotContain("ReadsClocks.given(");
  }

  @Test
  void allowsAClockInANamedClassAndItsNestedOnes() {
    assertThatCode(planted("clock").clocks("ReadsClocks")::check).doesNotThrowAnyException();
  }

  @Test
  void seesAWallClockWhereOnlyElapsedTimeMayBeRead() {
    assertThat(violations(planted("clock").clocks("ReadsClocks").elapsedTimeOnly()))
        .contains(
            "should not read a wall clock",
            "calls method <java.lang.System.currentTimeMillis()>",
            "calls method <java.time.InstantSource.system()>",
            "calls method <java.time.Instant.now()>")
        .doesNotContain("nanoTime", "ReadsClocks.given(");
  }

  @Test
  void seesThreadsSleepsAndTheCommonPoolButNoExecutorThatIsGiven() {
    assertThat(violations(planted("thread")))
        .contains(
            "should not start threads or sleep",
            "Such a class is named by HouseRules.threads(..)",
            "UsesThreads.thread(java.lang.Runnable)> calls constructor <java.lang.Thread.<init>",
            "UsesThreads$Poller.<init>()> calls constructor <java.lang.Thread.<init>()>",
            "calls method <java.lang.Thread.sleep(long)>",
            "calls method <java.util.concurrent.TimeUnit.sleep(long)>",
            "calls method <java.util.concurrent.Executors.newCachedThreadPool()>",
            "calls method <java.util.concurrent.ForkJoinPool.commonPool()>",
            "CompletableFuture.thenApplyAsync(java.util.function.Function)>",
            "calls method <java.util.List.parallelStream()>")
        .doesNotContain("UsesThreads.given(");
  }

  @Test
  void allowsThreadsInANamedClassAndItsNestedOnes() {
    assertThatCode(planted("thread").threads("UsesThreads")::check).doesNotThrowAnyException();
  }

  @Test
  void seesLibrariesInPublicSignaturesOutsideTheirPackage() {
    assertThat(violations(planted("library")))
        .contains(
            "NamesLibraries has org.assertj.core.api.Condition in a public signature",
            "NamesLibraries has org.springframework.context.ApplicationContext in a public")
        .doesNotContain("HiddenUser has", "Adapter has", "AssertjConditions has");
  }

  @Test
  void seesAnExceptionThatDoesNotExtendTheRoot() {
    assertThat(violations(planted("exception").rootException("RootException")))
        .contains("StrayException", "users catch one exception per module")
        .doesNotContain("PartFailed");
  }

  @Test
  void seesExceptionsWithoutARoot() {
    assertThat(violations(planted("exception")))
        .contains("PartFailed", "names their root by HouseRules.rootException(..)");
  }

  @Test
  void seesOutputAndStackTracesButNoTraceThatIsFormatted() {
    assertThat(violations(planted("print")))
        .contains(
            "gets field <java.lang.System.out>",
            "gets field <java.lang.System.err>",
            "calls method <java.lang.Exception.printStackTrace()>")
        .doesNotContain("Prints.formatted(");
  }

  @Test
  void seesAPackageThatIsNotNullMarked() {
    assertThat(violations(planted("unmarked")))
        .contains(PLANTED + "unmarked.Unmarked: its package is not @NullMarked");
  }

  @Test
  void seesNativeSerialization() {
    assertThat(violations(planted("serial"))).contains("java.io.ObjectInputStream");
  }

  @Test
  void seesAnyDurationThatIsConvertedByAMethodThatOverflows() {
    assertThat(violations(planted("duration")))
        .contains(
            "TakesDurations.overflows(java.time.Duration)> calls method"
                + " <java.time.Duration.toNanos()>",
            "calls method <java.time.Duration.toMillis()>",
            "NANOSECONDS.convert(duration)")
        .doesNotContain("TakesDurations.<init>", "TakesDurations.saturates(");
  }

  @Test
  void seesALoopOfFilesThatIsTooLargeThroughNestedClassesAndLambdas() {
    assertThat(violations(planted("loop")))
        .isEqualTo(
            "5 classes depend on each other in a loop (expected: at most 4), so none can be read"
                + " alone: "
                + Stream.of("Five", "Four", "One", "Three", "Two")
                    .map(name -> PLANTED + "loop." + name)
                    .collect(joining(", ")));
  }

  @Test
  void excusesALoopForAReasonUntilItIsGone() {
    assertThatCode(planted("loop").loopAround("Three", "planted")::check)
        .doesNotThrowAnyException();
    assertThat(violations(planted("smallloop").loopAround("Three", "planted")))
        .isEqualTo(
            "HouseRules excuses a loop around " + PLANTED + "smallloop.Three, which is gone");
    assertThatThrownBy(() -> planted("loop").loopAround("Three", " "))
        .hasMessage("reason: blank (expected: why the loop may stay)");
  }

  @Test
  void allowsALoopOfFour() {
    assertThatCode(planted("smallloop")::check).doesNotThrowAnyException();
  }

  @Test
  void seesAnInternalTypeInAPublicSignature() {
    assertThat(violations(planted("room")))
        .contains("Shows has " + PLANTED + "room.internal.Shared in a public signature")
        .doesNotContain("Keeps has", "Shared has");
  }

  @Test
  void seesTwoPublicTypesOfOneSimpleName() {
    assertThat(violations(planted("names")))
        .isEqualTo(
            "public types of one simple name: "
                + PLANTED
                + "names.Same, "
                + PLANTED
                + "names.other.Same");
  }

  @Test
  void seesSleepsOfTestsInTheirDisguise() {
    JavaClasses tests = new ClassFileImporter().importPackages(PLANTED + "test");

    assertThatThrownBy(() -> CodeRules.noSleepsInTests().check(tests))
        .hasMessageContaining("Sleeps.disguised()> calls method")
        .hasMessageContaining("LockSupport.parkUntil(long)")
        .hasMessageContaining("wait for a condition with Await");
  }

  @Test
  void saysHowToListAPublicType() {
    assertThat(violations(HouseRules.ofPlanted(PLANTED + "visible", "no-such-list.txt")))
        .isEqualTo(
            PLANTED
                + "visible.Visible is public but not listed: make it package-private, or add its"
                + " line to src/test/resources/no-such-list.txt");
  }

  @Test
  void seesStaleAndUnsortedLinesOfTheList() {
    assertThat(
            violations(HouseRules.ofPlanted(PLANTED + "visible", "planted-stale-public-types.txt")))
        .contains(
            "lists " + PLANTED + "visible.Gone, which is no public type any more: delete its line",
            "lists " + PLANTED + "visible.Hidden, which is no public type any more",
            "planted-stale-public-types.txt is not sorted or names a type twice");
  }

  @Test
  void seesANameThatNoClassHas() {
    assertThat(violations(planted("unmarked").clocks("Gone")))
        .contains("HouseRules names " + PLANTED + "unmarked.Gone, which does not exist");
  }

  @Test
  void failsWhenThereIsNothingToCheck() {
    assertThat(violations(planted("nowhere")))
        .isEqualTo("no compiled class in " + PLANTED + "nowhere");
  }

  private static HouseRules planted(String part) {
    return HouseRules.ofPlanted(PLANTED + part, "planted-" + part + "-public-types.txt");
  }

  private static String violations(HouseRules rules) {
    AssertionError broken = catchThrowableOfType(AssertionError.class, rules::check);
    assertThat(broken).as("a broken rule").isNotNull();
    return broken.getMessage();
  }
}
