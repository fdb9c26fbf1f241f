package io.perfkit.weave.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.weave.expression.Scope.Variable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What names mean and which type a value has. */
final class NamesAndTypesTest {

  abstract static class Entity<I> {
    private final I id;

    Entity(I id) {
      this.id = id;
    }

    public I getId() {
      return id;
    }
  }

  static final class User extends Entity<Long> {
    User(long id) {
      super(id);
    }
  }

  record Box<T>(T value) {}

  record Flags(String not) {}

  sealed interface Event permits Made {}

  record Made(long id) implements Event {}

  @SuppressWarnings("unused") // its parameter's type is what is asked for
  private static void boxes(Box<Integer> number, Box<User> user) {}

  private static Type boxed(int index) {
    Method boxes =
        Arrays.stream(NamesAndTypesTest.class.getDeclaredMethods())
            .filter(method -> method.getName().equals("boxes"))
            .findFirst()
            .orElseThrow();
    return boxes.getGenericParameterTypes()[index];
  }

  private static Scope scope(Object... namesAndTypes) {
    List<Variable> variables = new ArrayList<>();
    for (int i = 0; i < namesAndTypes.length; i += 2) {
      variables.add(new Variable((String) namesAndTypes[i], (Type) namesAndTypes[i + 1]));
    }
    return Scope.of(MethodHandles.lookup(), variables);
  }

  private static @Nullable Object value(String text, Scope scope, @Nullable Object... values)
      throws Throwable {
    return Expression.of(text, scope).handle().invokeWithArguments(values);
  }

  @Test
  void aPropertyHasTheTypeThatItsVariableStandsFor() throws Throwable {
    Scope user = scope("user", User.class);
    assertThat(Expression.of("user.id", user).type()).isEqualTo(Long.class);
    assertThat(value("user.id != 7", user, new User(7))).isEqualTo(false);
    Scope boxes = scope("box", boxed(0), "users", boxed(1));
    assertThat(value("box.value == 5", boxes, new Box<>(5), new Box<>(null))).isEqualTo(true);
    assertThat(value("users.value.id", boxes, new Box<>(5), new Box<>(new User(3)))).isEqualTo(3L);
  }

  @Test
  void numbersAreComparedByValueAlsoWhereOnlyTheCallShowsThem() throws Throwable {
    Scope any = scope("any", Object.class, "number", Number.class);
    assertThat(value("any == 5", any, 5, 0)).isEqualTo(true);
    assertThat(value("any == number", any, 5L, 5)).isEqualTo(true);
    assertThat(value("any == 5", any, "5", 0)).isEqualTo(false);
    Scope boxed = scope("x", Double.class, "y", Double.class);
    assertThat(value("x == 0", boxed, -0.0, 1.0)).isEqualTo(true);
    assertThat(value("x == y", boxed, Double.NaN, Double.NaN)).isEqualTo(false);
  }

  @Test
  void builtInNamesMeanWhatTheyMean() throws Throwable {
    Scope scope = scope("result", String.class, "p0", String.class, "not", String.class);
    assertThat(value("#p0 + p0", scope, "a", "b", "c")).isEqualTo("ab");
    assertThat(value("#not", scope, "a", "b", "c")).isEqualTo("c");
    Scope after = scope.withResult(Integer.class);
    assertThat(value("#result", after, "a", "b", "c", 5)).isEqualTo(5);
    assertThat(value("result", after, "a", "b", "c", 5)).isEqualTo("a");
    assertThatThrownBy(() -> Expression.of("#result", scope))
        .hasMessageStartingWith("#result is known only after the call, not here");
    assertThat(value("flags.not", scope("flags", Flags.class), new Flags("n"))).isEqualTo("n");
    assertThat(value("\uD835\uDCB3", scope("\uD835\uDCB3", int.class), 1)).isEqualTo(1);
    assertThat(value("c == 'x'", scope("c", char.class), 'x')).isEqualTo(true);
  }

  @Test
  void joiningTakesOnlyWhatHasOneText() throws Throwable {
    Scope scope = scope("at", Date.class, "ids", long[].class, "flags", Flags.class);
    for (String name : List.of("at", "ids", "flags")) {
      assertThatThrownBy(() -> Expression.of("'x' + " + name, scope))
          .isInstanceOf(ExpressionRefused.class)
          .hasMessageContaining("has no text that is the same for equal values");
    }
    assertThatThrownBy(() -> Expression.of("'x' + at", scope))
        .hasMessageContaining("; name its milliseconds, as at.time");
    assertThatThrownBy(() -> Expression.of("'x' + flags", scope))
        .hasMessageContaining("; name a property of flags");
    assertThat(
            value(
                "'x' + at.time",
                scope,
                Date.from(Instant.ofEpochMilli(1_999)),
                new long[0],
                new Flags("n")))
        .isEqualTo("x1999");
  }

  @Test
  void aNullThatIsMetIsNamed() {
    Scope scope = scope("limit", Integer.class, "on", Boolean.class);
    assertThatThrownBy(() -> value("limit < 5", scope, null, true))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("limit in: limit < 5");
    Expression on = Expression.condition("on", scope);
    assertThatThrownBy(() -> on.handle().invokeWithArguments(1, null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("on in: on");
  }

  @Test
  void refusalsSayWhatToWriteInstead() {
    Scope scope =
        scope("text", String.class, "list", List.class, "e", Event.class, "c", char.class);
    assertRefused("text.strip == 'a'", scope, "strip() is a method, and expressions call none but");
    assertRefused("text.strip == 'a'", scope, "pass its value as a parameter, or add getStrip()");
    assertRefused("text.size > 1", scope, "; write length");
    assertRefused("list.length > 1", scope, "; write size");
    assertRefused("e.id", scope, "Made has it: declare getId() in Event, or pass the value");
    assertRefused("1L == 1", scope, "write 1 for 1L");
    assertRefused("c == 'xy'", scope, "a char is one letter, such as 'x'");
  }

  @Test
  void habitsOfSpringsLanguageAreToldWhatToWriteHere() {
    Scope scope = scope("id", long.class, "text", String.class, "list", List.class);
    Map<String, String> says = new LinkedHashMap<>();
    says.put("text?.length > 1", "write a != null and a.b == 1 for a?.b == 1");
    says.put("id > 1 ? 'a' : 'b'", "there is no choice by '?' here");
    says.put("text ?: 'none'", "there is no choice by '?' here");
    says.put("id eq 1", "'eq' is no operator here: write ==");
    says.put("(id ne 1)", "'ne' is no operator here: write !=");
    says.put("id gt 1", "'gt' is no operator here: write >");
    says.put("id LE 1", "an operator is missing");
    says.put("id > 1 AND id < 3", "'AND' is no operator here: write and");
    says.put("text matches 'a.*'", "'matches' is no operator here: pass what it decides");
    says.put("id * 2", "there is no arithmetic here");
    says.put("id div 2", "there is no arithmetic here");
    says.put("id = 1", "'=' means nothing here; write ==");
    says.put("id > 1 & id < 3", "'&' means nothing here; write and");
    says.put("T(java.util.UUID).randomUUID()", "there are no types here: compare an enum");
    says.put("new String('a')", "no object is made here");
    says.put("#root.methodName", "there is no root object here: name parameters");
    says.put("#a0", "unknown name '#a0' (known: id, text, list); write #p0");
    says.put("#target", "an expression names parameters and #result alone");
    says.put("#result == null", "#result is known only after the call, not here");
    says.put("#args[0]", "there is no index here: #p0 is the first argument");
    says.put("{#id, #text}", "give the parts of a key as key = {\"a\", \"b\"}");
    says.put("#{#id}", "write the expression alone, without #{ and }");
    says.put("${shop.id}", "a placeholder stands in ttl and localTtl only");
    says.put("@clock.now", "there are no beans here");
    says.put("text == 'it''s'", "a text has no escapes: put one with a ' between \"");
    says.put("list.size() > 1", "write .size for .size()");
    says.put("!list.isEmpty()", "write .empty for .isEmpty()");
    says.put("(list.getFirst() == null)", "write .first for .getFirst()");
    says.put("text.equals('a')", "write a == b for a.equals(b)");
    says.put("text.strip() == 'a'", "methods can't be called here; a path names fields");
    says.forEach((text, why) -> assertRefused(text, scope, why));
    for (String fine :
        List.of("#id == 1", "#id > 1 && #id < 3", "!#list.empty", "not list.empty")) {
      assertThat(Expression.condition(fine, scope).type()).isEqualTo(boolean.class);
    }
  }

  record Filled(
      String text,
      StringBuilder builder,
      List<String> list,
      ArrayDeque<Integer> deque,
      Map<String, Integer> map,
      Optional<String> optional,
      AtomicInteger size) {}

  @Test
  void countsWhatTextsCollectionsMapsAndArraysHold() throws Throwable {
    Filled full =
        new Filled(
            "ab",
            new StringBuilder("abc"),
            List.of("a"),
            new ArrayDeque<>(List.of(1, 2)),
            Map.of("a", 1),
            Optional.of("x"),
            new AtomicInteger(7));
    Filled empty =
        new Filled(
            "",
            new StringBuilder(),
            List.of(),
            new ArrayDeque<>(),
            Map.of(),
            Optional.empty(),
            new AtomicInteger());
    Scope scope = scope("f", Filled.class, "numbers", int[].class, "table", String[][].class);
    int[] none = {};
    String[][] noRows = {};
    for (String counts :
        List.of(
            "f.text.length == 2",
            "f.builder.length == 3",
            "f.list.size == 1",
            "f.deque.size == 2",
            "f.map.size == 1",
            "numbers.length == 3",
            "table.length == 2",
            "f.optional.present")) {
      MethodHandle test = Expression.condition(counts, scope).handle();
      assertThat((boolean) test.invoke(full, new int[3], new String[2][0])).as(counts).isTrue();
      assertThat((boolean) test.invoke(empty, none, noRows)).as(counts).isFalse();
    }
    for (String what :
        List.of("f.text", "f.list", "f.deque", "f.map", "f.optional", "numbers", "table")) {
      MethodHandle test = Expression.condition(what + ".empty", scope).handle();
      assertThat((boolean) test.invoke(full, new int[3], new String[2][0])).as(what).isFalse();
      assertThat((boolean) test.invoke(empty, none, noRows)).as(what).isTrue();
    }
    assertThat(Expression.of("f.size", scope).type()).isEqualTo(AtomicInteger.class);
  }

  private static void assertRefused(String text, Scope scope, String why) {
    assertThatThrownBy(() -> Expression.of(text, scope))
        .isInstanceOf(ExpressionRefused.class)
        .hasMessageContaining(why);
  }

  @Test
  void manyParametersAndOneComparisonCompile() throws Throwable {
    Object[] names = new Object[2 * 128];
    Object[] values = new Object[128];
    for (int i = 0; i < 128; i++) {
      names[2 * i] = "a" + i;
      names[2 * i + 1] = int.class;
      values[i] = i;
    }
    assertThat(value("a127 == 127", scope(names), values)).isEqualTo(true);
  }
}
