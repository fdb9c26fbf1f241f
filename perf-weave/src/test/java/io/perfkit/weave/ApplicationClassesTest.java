package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.weave.bases.Counting;
import io.perfkit.weave.bases.Lifecycle;
import io.perfkit.weave.bases.OpenState;
import java.lang.annotation.Annotation;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Shapes of classes that applications have. */
final class ApplicationClassesTest {
  private final List<String> trace = new ArrayList<>();
  private final Weaver weaver = Weaver.of(TraceAspect.into(trace));

  interface Listener {
    String on(long id);
  }

  static class Open implements Listener {
    @Traced
    @Override
    public String on(long id) {
      return "on " + id;
    }

    Open itself() {
      return this;
    }
  }

  static final class Closed implements Listener {
    @Traced
    @Override
    public String on(long id) {
      return "on " + id;
    }
  }

  @Test
  void aWrappedServiceIsEqualToItselfAndToWhatStandsAroundTheSameService() {
    for (Listener service : List.of(new Open(), new Closed())) {
      Listener wrapped = weaver.wrap(Listener.class, service);
      List<Listener> listeners = new CopyOnWriteArrayList<>(List.of(wrapped));
      Object itself = listeners.get(0);

      assertThat(wrapped).isEqualTo(itself).isEqualTo(weaver.wrap(Listener.class, service));
      assertThat(wrapped).hasSameHashCodeAs(service).isNotEqualTo(service);
      assertThat(service).isNotEqualTo(wrapped);
      assertThat(wrapped).isNotEqualTo(weaver.wrap(Listener.class, new Open()));
      assertThat(listeners.remove(wrapped)).isTrue();
      assertThat(listeners).isEmpty();
    }
  }

  static class Valued implements Listener {
    final String name;

    Valued(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }

    @Traced
    @Override
    public String on(long id) {
      return name;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Valued valued && valued.name().equals(name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }
  }

  @Test
  void equalityOfTheServiceIsThatOfTheObjectAround() {
    Valued wrapped = weaver.wrap(new Valued("a"));

    assertThat(wrapped).isEqualTo(new Valued("a")).isNotEqualTo(new Valued("b"));
    assertThat(new Valued("a")).isEqualTo(wrapped);
    assertThat(wrapped).isEqualTo(weaver.wrap(new Valued("a")));
  }

  @Test
  void aMethodThatReturnsTheServiceReturnsTheObjectAroundIt() {
    Open wrapped = weaver.wrap(new Open());

    assertThat(wrapped.itself()).isSameAs(wrapped);
    wrapped.itself().on(1);
    assertThat(trace).containsExactly("> on", "< on");
  }

  @Test
  void refusesToWeaveWhatIsWoven() {
    assertThatThrownBy(() -> weaver.wrap(weaver.wrap(new Open())))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("$$Woven")
        .hasMessageContaining("is woven already; use it as it is, and give one weaver all aspects");
    assertThatThrownBy(() -> weaver.wrap(Listener.class, weaver.create(Open.class)))
        .isInstanceOf(WeavingRefused.class);
  }

  @Test
  void aWovenMethodCarriesNothingForReflection() throws NoSuchMethodException {
    Method woven = weaver.create(Open.class).getClass().getDeclaredMethod("on", long.class);
    Method written = Open.class.getDeclaredMethod("on", long.class);

    assertThat(written.getAnnotations()).hasSize(1);
    assertThat(woven.getAnnotations()).isEmpty();
    assertThat(written.getParameters()[0].isNamePresent()).isTrue();
    assertThat(woven.getParameters()[0].isNamePresent()).isFalse();
  }

  record Twice(String text) implements Listener, Comparable<Twice> {
    @Override
    public String on(long id) {
      return text;
    }

    @Override
    public int compareTo(Twice other) {
      return text.compareTo(other.text);
    }
  }

  @Test
  void refusesAClosedClassAndNamesTheInterfacesThatItCanBeWrappedAs() {
    assertThatThrownBy(() -> weaver.wrap(new Closed()))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "Closed is final, so it can't be extended; open it, or wrap an instance as an"
                + " interface, by one of wrap(Listener.class, ..)");
    assertThatThrownBy(() -> weaver.wrap(new Twice("a")))
        .hasMessageContaining("Twice is a record, so it can't be extended")
        .hasMessageContaining("wrap(Listener.class, ..), wrap(Comparable.class, ..)");
  }

  static class Plugin extends Lifecycle {
    @Traced
    public String text(long id) {
      return "t" + id;
    }
  }

  static class Counter extends Counting {
    @Traced
    public String text(long id) {
      return "t" + id;
    }
  }

  @Test
  void membersOfBasesInOtherPackagesArePassedOnOrRefused() {
    Plugin service = new Plugin();
    Plugin wrapped = weaver.wrap(service);

    assertThat(Lifecycle.start(wrapped)).isEqualTo("started");
    assertThat(Lifecycle.loggedBy(wrapped)).isEqualTo(1);
    assertThat(Lifecycle.start(service)).as("they share what is in the fields").hasSize(15);
    assertThat(Lifecycle.start(weaver.create(Plugin.class))).isEqualTo("started");
    assertThat(Counting.start(weaver.create(Counter.class))).isEqualTo(1);
    assertThatThrownBy(() -> weaver.wrap(new Counter()))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("Counting.doStart() is package-private in another package, so an");
  }

  static class Noting extends OpenState {
    @Traced
    @Override
    public void note(Object what) {
      super.note(what);
    }
  }

  @Test
  void whatBridgesMakePublicIsPassedOn() {
    OpenState wrapped = weaver.wrap(new Noting());
    wrapped.note("a");
    wrapped.note((Object) 5);

    assertThat(wrapped.text()).isEqualTo("a!5");
    assertThat(trace).containsExactly("> note", "< note");
  }

  abstract static class Warm {
    final String first;

    Warm() {
      first = name(1);
    }

    abstract String name(long id);
  }

  static class Names extends Warm {
    private final List<String> names = List.of("zero", "one");

    @Traced
    @Override
    @SuppressWarnings("NullAway") // the constructor of the base class comes before the field
    String name(long id) {
      return names == null ? "none" : names.get((int) id);
    }
  }

  @Test
  void callsOfAConstructorAreNotAdvised() {
    Names names = weaver.create(Names.class);

    assertThat(names.first).isEqualTo("none");
    assertThat(trace).isEmpty();
    assertThat(names.name(1)).isEqualTo("one");
    assertThat(trace).containsExactly("> name", "< name");
    assertThat(Constructors.mayCallOut(Names.class)).isTrue();
    assertThat(Constructors.mayCallOut(Valued.class)).as("it only sets fields").isFalse();
  }

  static class Constructed {
    final String how;

    Constructed(Object source) {
      how = "object";
    }

    Constructed(String source) {
      how = "text";
    }

    Constructed(long number, boolean flag) {
      how = "number " + number;
    }

    Constructed(int first, String... rest) {
      how = first + String.join("-", rest);
    }

    @Traced
    void call() {}
  }

  @Test
  void constructorsAreChosenAsTheLanguageChooses() {
    assertThat(weaver.create(Constructed.class, "x").how).isEqualTo("text");
    assertThat(weaver.create(Constructed.class, 1.5).how).isEqualTo("object");
    assertThat(weaver.create(Constructed.class, 5, true).how).isEqualTo("number 5");
    assertThat(weaver.create(Constructed.class, 5, "a", "b").how).isEqualTo("5a-b");
    assertThat(weaver.create(Constructed.class, (short) 5, "a", "b").how).isEqualTo("5a-b");
  }

  @Retention(RetentionPolicy.RUNTIME)
  @ClaimedBy("OtherAspect.of(..)")
  @interface Other {}

  static class Unclaimed {
    @Traced
    void call() {}

    @Other
    void other() {}
  }

  @Test
  void refusesAnAnnotationWhoseAspectIsNotGiven() {
    assertThatThrownBy(() -> weaver.create(Unclaimed.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining(
            "Unclaimed.other() has @Other, and no aspect of this weaver puts it into effect; give"
                + " it OtherAspect.of(..), or remove the annotation");
    assertThatThrownBy(() -> Interceptors.of(TraceAspect.into(trace)).of(Unclaimed.class))
        .isInstanceOf(WeavingRefused.class);
  }

  interface OtherContract {
    @Other
    String call();
  }

  static class Both implements OtherContract {
    @Traced
    @Override
    public String call() {
      return "called";
    }
  }

  @Test
  void annotationsOfTwoAspectsOnTwoDeclarationsAreBothInForce() {
    Weaver both =
        Weaver.of(TraceAspect.into(trace), new TraceAspect(Layer.ADMIT, Other.class, trace));

    assertThat(both.create(Both.class).call()).isEqualTo("called");
    assertThat(trace).containsExactly("> call", "> call", "< call", "< call");
  }

  @Retention(RetentionPolicy.RUNTIME)
  @interface Named {
    String value();
  }

  interface Base {
    @Named("base")
    default void call() {}
  }

  interface Nearer extends Base {
    @Named("nearer")
    @Override
    default void call() {}
  }

  interface Stranger {
    @Named("stranger")
    void call();
  }

  static class FarFirst implements Base, Nearer {}

  static class NearFirst implements Nearer, Base {}

  static class Rivals implements Nearer, Stranger {
    @Override
    public void call() {}
  }

  @Test
  void ofADiamondTheAnnotationOfTheMethodThatRunsCounts() {
    List<String> named = new ArrayList<>();
    Aspect naming =
        new Aspect() {
          @Override
          public Layer layer() {
            return Layer.OBSERVE;
          }

          @Override
          public Set<Class<? extends Annotation>> annotations() {
            return Set.of(Named.class);
          }

          @Override
          public void weave(List<Site> sites) {
            sites.forEach(site -> named.add(site.annotations(Named.class).get(0).value()));
          }
        };
    Weaver names = Weaver.of(naming);
    names.create(FarFirst.class);
    names.create(NearFirst.class);
    assertThat(named).containsExactly("nearer", "nearer");
    assertThatThrownBy(() -> names.create(Rivals.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessageContaining("Nearer.call() and Stranger.call() carry different @Named, and")
        .hasMessageContaining("declare the method in Rivals with the annotation that is meant");
  }
}
