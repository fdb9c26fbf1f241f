package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.annotation.Annotation;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class WeavingRefusedTest {
  private final Weaver weaver = Weaver.of(TraceAspect.into(new ArrayList<>()));

  static class Faulty {
    private Faulty() {}

    @Traced
    final void fixed() {}

    @Traced
    private void hidden() {}

    @Traced
    static void shared(int number) {}

    @Traced
    void fine() {
      hidden();
    }
  }

  @Test
  void namesAllProblemsAtOnce() {
    WeavingRefused refused =
        catchThrowableOfType(WeavingRefused.class, () -> weaver.create(Faulty.class));

    assertThat(refused.problems())
        .containsExactly(
            "Faulty has only private constructors, which a subclass can't call; make one"
                + " package-private",
            "Faulty.fixed() is final, so a subclass can't override it; remove 'final'",
            "Faulty.hidden() is private, so a subclass can't override it; make it an instance method"
                + " that is not private, or remove the annotation",
            "Faulty.shared(int) is static, so a subclass can't override it; make it an instance"
                + " method that is not private, or remove the annotation");
    assertThat(refused)
        .hasMessage(
            Faulty.class.getName()
                + " can't be woven, 4 problems:\n- "
                + String.join("\n- ", refused.problems()));
  }

  static final class Closed {
    @Traced
    void call() {}
  }

  record Data(int number) {
    @Traced
    int twice() {
      return 2 * number;
    }
  }

  enum Constant {
    ONE;

    @Traced
    void call() {}
  }

  abstract static sealed class Sealed permits Permitted {}

  static non-sealed class Permitted extends Sealed {}

  abstract static class Abstract {
    @Traced
    abstract void call();
  }

  interface Interface {
    @Traced
    void call();
  }

  @Test
  void saysWhyAClassCannotBeExtended() {
    assertRefused(Closed.class, "Closed is final, so it can't be extended; open it, or ext");
    assertRefused(Data.class, "Data is a record, so it can't be extended; open it, or ext");
    assertRefused(Constant.class, "Constant is an enum, so it can't be extended; open it, or");
    assertRefused(Sealed.class, "Sealed is abstract; name the class that implements its methods");
    assertRefused(Abstract.class, "Abstract is abstract; name the class that implements");
    assertRefused(Interface.class, "Interface is abstract; name the class that implements");
  }

  private void assertRefused(Class<?> type, String why) {
    assertThatThrownBy(() -> weaver.create(type))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(why);
  }

  @Test
  void refusesToWrapWhatNeitherIsOpenNorHasAnInterface() {
    assertThatThrownBy(() -> weaver.wrap(new Closed()))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "Closed is final, so it can't be extended; open it, or extract an interface and wrap an"
                + " instance as that");
  }

  static class FinalBeside {
    private final int number = 3;

    @Traced
    void call() {}

    final int number() {
      return number;
    }
  }

  @Test
  void refusesToWrapWhereAFinalMethodWouldMissTheFields() {
    assertThat(weaver.create(FinalBeside.class).number()).isEqualTo(3);
    assertThatThrownBy(() -> weaver.wrap(new FinalBeside()))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("FinalBeside.number() is final: an object around the service would");
  }

  static final class Wider implements Interface {
    @Override
    public void call() {}

    @Traced
    public void beside() {}
  }

  @Test
  void refusesAnAnnotationThatNoInterfaceShows() {
    assertThatThrownBy(() -> weaver.wrap(Interface.class, new Wider()))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "Wider.beside() is not in Interface, as which the service is seen; declare it there");
  }

  static class Untouched {
    void call() {}
  }

  @Test
  void refusesWhatHasNothingToWeave() {
    assertThatThrownBy(() -> weaver.create(Untouched.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("no method has one of the annotations @Traced; annotate one, or use");
    assertThatThrownBy(() -> weaver.wrap(Untouched.class, new Untouched()))
        .hasMessageContaining("no method has one of the annotations @Traced; annotate one, or use");
  }

  @Retention(RetentionPolicy.RUNTIME)
  @interface Recorded {}

  @Recorded
  interface Marked {
    @Recorded
    void marked(String name);
  }

  static class Mistaken implements Marked {
    @Traced
    void call() {}

    @Override
    public void marked(String name) {}

    void parameter(@Recorded int number) {}
  }

  @Test
  void namesAnnotationsOfOtherLibrariesThatNothingReads() {
    List<String> trace = new ArrayList<>();
    Aspect aspect =
        new TraceAspect(Layer.OBSERVE, Traced.class, trace) {
          @Override
          public Map<String, String> foreign() {
            return Map.of(Recorded.class.getName(), "@Traced");
          }
        };
    String says =
        " has @"
            + Recorded.class.getName()
            + ", which no aspect of this weaver reads; write @Traced, or remove the annotation";

    for (ThrowingCallable weaving :
        List.<ThrowingCallable>of(
            () -> Weaver.of(aspect).create(Mistaken.class),
            () -> Weaver.of(aspect).wrap(new Mistaken()),
            () -> Weaver.of(aspect).wrap(Marked.class, new Mistaken()))) {
      WeavingRefused refused = catchThrowableOfType(WeavingRefused.class, weaving);
      assertThat(refused.problems())
          .contains(
              "Marked" + says, "Marked.marked(String)" + says, "Mistaken.parameter(int)" + says);
    }
    assertThat(Interceptors.of(aspect).of(Mistaken.class)).isNotEmpty();
    assertThat(weaver.create(Mistaken.class)).isNotNull();
  }

  @Test
  void saysWhatAClosedModuleHasToOpen() {
    assertThatThrownBy(() -> weaver.create(ArrayList.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "module java.base keeps its package closed; add to its module-info: opens java.util to"
                + " ALL-UNNAMED");
  }

  static class Ambiguous {
    Ambiguous(Comparable<String> text) {}

    Ambiguous(CharSequence text) {}

    @Traced
    void call() {}
  }

  @Test
  void refusesAConstructorThatIsNotClear() {
    assertThatThrownBy(() -> weaver.create(Ambiguous.class, "a"))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "2 constructors take (String), none of them more specific than the others (expected:"
                + " the arguments of one of Ambiguous(CharSequence), Ambiguous(Comparable))");
  }

  @Test
  void tellsAspectsToGiveAHandleOfTheSameType() {
    Aspect wrong =
        new Aspect() {
          @Override
          public Layer layer() {
            return Layer.OBSERVE;
          }

          @Override
          public Set<Class<? extends Annotation>> annotations() {
            return Set.of(Traced.class);
          }

          @Override
          public void weave(List<Site> sites) {
            sites.forEach(site -> site.around(next -> next.asType(next.type().generic())));
          }
        };
    assertThatThrownBy(() -> Weaver.of(wrong).create(FinalBeside.class))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("FinalBeside.call(): an aspect gave");
  }
}
