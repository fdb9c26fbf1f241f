package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WeaverTest {
  private final List<String> trace = new ArrayList<>();
  private final Weaver weaver = Weaver.of(TraceAspect.into(trace));

  /** Package-private, with all kinds of methods. */
  static class Plain {
    final String name;

    Plain(String name) {
      this.name = name;
    }

    Plain(String first, int second) throws IOException {
      this(first + second);
      if (second < 0) {
        throw new IOException("negative");
      }
    }

    @Traced
    String hello(String to) {
      return name + " greets " + to;
    }

    @Traced
    protected long sum(int a, long b, double c, byte d, boolean e, char f, short g, float h) {
      return a + b + (long) c + d + (e ? 1 : 0) + f + g + (long) h;
    }

    @Traced
    public void nothing() {}

    @Traced
    String joined(String... parts) {
      return String.join("-", parts);
    }

    @Traced
    int[] primitives(int[] values) {
      return values;
    }

    @Traced
    <T extends Comparable<T>> T greatest(List<T> values) {
      return values.stream().max(Comparator.naturalOrder()).orElseThrow();
    }

    @Traced
    void fails() throws IOException {
      throw new IOException("as it is");
    }

    String outer(String to) {
      return hello(to);
    }

    @Override
    public String toString() {
      return "Plain " + name;
    }
  }

  @Test
  void weavesAPackagePrivateClassAndItsOwnCalls() throws Exception {
    Plain plain = weaver.create(Plain.class, "Ann");

    assertThat(plain.hello("Bob")).isEqualTo("Ann greets Bob");
    assertThat(plain.outer("Cid")).isEqualTo("Ann greets Cid");
    assertThat(trace).containsExactly("> hello", "< hello", "> hello", "< hello");
    assertThat(plain.name).isEqualTo("Ann");
    assertThat(plain).hasToString("Plain Ann");
  }

  @Test
  void passesPrimitivesVoidVarargsAndArrays() {
    Plain plain = weaver.create(Plain.class, "Ann");

    assertThat(plain.sum(1, 2, 3, (byte) 4, true, 'f', (short) 6, 7)).isEqualTo(126);
    plain.nothing();
    assertThat(plain.joined()).isEmpty();
    assertThat(plain.joined("a", "b")).isEqualTo("a-b");
    int[] values = {1, 2};
    assertThat(plain.primitives(values)).isSameAs(values);
    assertThat(plain.greatest(List.of(1, 3, 2))).isEqualTo(3);
    assertThat(trace).hasSize(12);
  }

  @Test
  void letsExceptionsPassAsTheyAre() {
    Plain plain = weaver.create(Plain.class, "Ann");

    assertThatThrownBy(plain::fails).isExactlyInstanceOf(IOException.class).hasNoCause();
    assertThatThrownBy(() -> weaver.create(Plain.class, "Ann", -1))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("negative");
  }

  @Test
  void choosesTheConstructorByItsArguments() {
    assertThat(weaver.create(Plain.class, "Ann", 2).name).isEqualTo("Ann2");
    assertThat(weaver.create(Plain.class, (Object) null).name).isNull();
    assertThatThrownBy(() -> weaver.create(Plain.class))
        .isInstanceOf(WeavingRefused.class)
        .hasMessage(
            Plain.class.getName()
                + " can't be woven, 1 problem:\n- no constructor takes () (expected: the arguments of"
                + " one of Plain(String), Plain(String, int))");
  }

  @Test
  void weavesAClassOnce() {
    assertThat(weaver.create(Plain.class, "a").getClass())
        .isSameAs(weaver.create(Plain.class, "b").getClass())
        .isNotSameAs(Weaver.of(TraceAspect.into(trace)).create(Plain.class, "c").getClass());
  }

  @Test
  void wrapsAnInstanceAndPassesTheRestOn() throws Exception {
    Plain target = new Plain("Ann");
    Plain plain = weaver.wrap(target);

    assertThat(plain.hello("Bob")).isEqualTo("Ann greets Bob");
    assertThat(trace).hasSize(2);
    assertThat(plain.outer("Cid")).isEqualTo("Ann greets Cid");
    assertThat(trace).as("a call inside is not woven").hasSize(2);
    assertThat(plain).hasToString("Plain Ann");
    assertThat(plain.hashCode()).isEqualTo(target.hashCode());
    assertThat(plain.sum(1, 2, 3, (byte) 4, true, 'f', (short) 6, 7)).isEqualTo(126);
    assertThatThrownBy(plain::fails).isExactlyInstanceOf(IOException.class).hasNoCause();
    assertThat(weaver.wrap(new Plain("Other")).getClass()).isSameAs(plain.getClass());
  }

  interface Finder<K, V> {
    V find(K key);

    @Traced
    default V findOr(K key, V other) {
      V found = find(key);
      return found == null ? other : found;
    }
  }

  static class Users implements Finder<Long, String> {
    @Traced
    @Override
    public String find(Long key) {
      return key == 0 ? null : "user " + key;
    }
  }

  @Test
  void weavesBridgesAndDefaultMethods() {
    Finder<Long, String> users = weaver.create(Users.class);

    assertThat(users.find(1L)).isEqualTo("user 1");
    assertThat(trace).as("once, through the bridge").containsExactly("> find", "< find");
    assertThat(users.findOr(0L, "nobody")).isEqualTo("nobody");
    assertThat(trace).endsWith("> findOr", "> find", "< find", "< findOr");
  }

  @Test
  void wrapsAsAnInterfaceWithTheAnnotationsOfBoth() {
    @SuppressWarnings("unchecked")
    Finder<Long, String> users = weaver.wrap(Finder.class, new Users());

    assertThat(users).isNotInstanceOf(Users.class);
    assertThat(users.find(1L)).isEqualTo("user 1");
    assertThat(users.findOr(0L, "nobody")).isEqualTo("nobody");
    assertThat(trace).containsExactly("> find", "< find", "> findOr", "< findOr");
  }

  interface Named {
    @Traced
    String named(String name);
  }

  record Fixed(String suffix) implements Named {
    @Override
    public String named(String name) {
      return name + suffix;
    }
  }

  @Test
  void wrapsAFinalClassAsItsInterface() {
    Named named = weaver.wrap(Named.class, new Fixed("!"));

    assertThat(named.named("a")).isEqualTo("a!");
    assertThat(named).hasToString("Fixed[suffix=!]");
    assertThat(trace).hasSize(2);
  }

  @Test
  void wrapsALambda() {
    Named named = weaver.wrap(Named.class, name -> name + "?");

    assertThat(named.named("a")).isEqualTo("a?");
    assertThat(trace).hasSize(2);
  }

  static class Base<T> {
    @Traced
    T same(T value) {
      return value;
    }
  }

  static class Texts extends Base<String> {}

  static class Upper extends Base<String> {
    @Override
    String same(String value) {
      return super.same(value).toUpperCase(java.util.Locale.ROOT);
    }
  }

  @Test
  void weavesWhatIsInherited() {
    assertThat(weaver.create(Texts.class).same("a")).isEqualTo("a");
    Base<String> upper = weaver.create(Upper.class);
    assertThat(upper.same("a")).isEqualTo("A");
    assertThat(trace).containsExactly("> same", "< same", "> same", "< same");
  }

  @Retention(RetentionPolicy.RUNTIME)
  @interface Observed {}

  @Retention(RetentionPolicy.RUNTIME)
  @interface Admitted {}

  @Retention(RetentionPolicy.RUNTIME)
  @interface Answered {}

  static class Layered {
    @Answered
    @Observed
    @Admitted
    int all() {
      return 1;
    }
  }

  @Test
  void nestsByLayerHoweverAspectsAndAnnotationsAreOrdered() {
    List<String> observed = new Labelled("observed ", trace);
    Weaver layered =
        Weaver.of(
            new TraceAspect(Layer.ANSWER, Answered.class, new Labelled("answered ", trace)),
            new TraceAspect(Layer.OBSERVE, Observed.class, observed),
            new TraceAspect(Layer.ADMIT, Admitted.class, new Labelled("admitted ", trace)));

    assertThat(layered.create(Layered.class).all()).isEqualTo(1);
    assertThat(trace)
        .containsExactly(
            "observed > all",
            "admitted > all",
            "answered > all",
            "answered < all",
            "admitted < all",
            "observed < all");
  }

  /** Marks what is added to it in another list. */
  private static final class Labelled extends ArrayList<String> {
    private final String label;
    private final List<String> all;

    Labelled(String label, List<String> all) {
      this.label = label;
      this.all = all;
    }

    @Override
    public boolean add(String line) {
      return all.add(label + line);
    }
  }
}
