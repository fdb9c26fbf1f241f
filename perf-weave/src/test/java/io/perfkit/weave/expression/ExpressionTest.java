package io.perfkit.weave.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.weave.expression.Scope.Variable;
import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ExpressionTest {
  record City(String name, int size) {}

  /** A bean with a getter, a boolean getter and a field. */
  static class User {
    final long id;
    private final City city;

    User(long id, City city) {
      this.id = id;
      this.city = city;
    }

    City getCity() {
      return city;
    }

    boolean isGrown() {
      return id > 17;
    }

    Boolean getOpen() {
      return null;
    }
  }

  private static final Scope SCOPE =
      Scope.of(
              MethodHandles.lookup(),
              List.of(
                  new Variable("user", User.class),
                  new Variable("count", int.class),
                  new Variable("boxed", Long.class),
                  new Variable("price", BigDecimal.class),
                  new Variable("rate", double.class),
                  new Variable("name", String.class),
                  new Variable("unit", TimeUnit.class),
                  new Variable("on", boolean.class),
                  new Variable("big", BigInteger.class)))
          .withResult(City.class);

  private static final Object[] VALUES = {
    new User(18, new City("Rome", 3)),
    5,
    7L,
    new BigDecimal("9.50"),
    2.5,
    "Ann",
    TimeUnit.DAYS,
    true,
    BigInteger.TEN,
    new City("Oslo", 1)
  };

  private static Object valueOf(String text) throws Throwable {
    return Expression.of(text, SCOPE).handle().invokeWithArguments(VALUES);
  }

  @Test
  void givesWhatItSays() throws Throwable {
    Map<String, Object> expected = new TreeMap<>();
    expected.put("user.id", 18L);
    expected.put("#user.id", 18L);
    expected.put("#p0.id", 18L);
    expected.put("#p4", 2.5);
    expected.put(" user . city . name ", "Rome");
    expected.put("user.grown", true);
    expected.put("#result.size", 1);
    expected.put("'a' + count + \"b\"", "a5b");
    expected.put("name + ':' + user.id", "Ann:18");
    expected.put("-3", -3L);
    expected.put("2.5", new BigDecimal("2.5"));
    expected.put("count == 5", true);
    expected.put("count != 5", false);
    expected.put("count < 5", false);
    expected.put("count <= 5", true);
    expected.put("count > 4", true);
    expected.put("count >= 6", false);
    expected.put("boxed == 7", true);
    expected.put("boxed != 7", false);
    expected.put("7 == boxed", true);
    expected.put("boxed > count", true);
    expected.put("boxed == null", false);
    expected.put("user.open == null", true);
    expected.put("null == null", true);
    expected.put("rate == 2.5", true);
    expected.put("2.5 >= rate", true);
    expected.put("rate > count", false);
    expected.put("rate < 3", true);
    expected.put("price == 9.5", true);
    expected.put("price > 9", true);
    expected.put("price < count", false);
    expected.put("big >= 10", true);
    expected.put("big == price", false);
    expected.put("name == 'Ann'", true);
    expected.put("name != user.city.name", true);
    expected.put("unit == 'DAYS'", true);
    expected.put("'HOURS' == unit", false);
    expected.put("on == true", true);
    expected.put("#result == user.city", false);
    expected.put("not on", false);
    expected.put("!on", false);
    expected.put("on and count == 5", true);
    expected.put("on && !(count == 5)", false);
    expected.put("false or on", true);
    expected.put("false || not on", false);
    expected.put("true or false and false", true);
    expected.put("(true or false) and false", false);
    expected.put("not false and false", false);
    for (Map.Entry<String, Object> entry : expected.entrySet()) {
      assertThat(valueOf(entry.getKey())).as(entry.getKey()).isEqualTo(entry.getValue());
    }
  }

  @Test
  void decidesFromTheLeft() throws Throwable {
    assertThat(valueOf("on or user.open")).isEqualTo(true);
    assertThat(valueOf("not on and user.open")).isEqualTo(false);
    assertThatThrownBy(() -> valueOf("on and user.open")).isInstanceOf(NullPointerException.class);
  }

  @Test
  void saysWhatWasNull() {
    Object[] values = VALUES.clone();
    values[0] = new User(1, null);
    assertThatThrownBy(
            () ->
                Expression.of("count > 0 and user.city.size > 1", SCOPE)
                    .handle()
                    .invokeWithArguments(values))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("user.city in: count > 0 and user.city.size > 1");
  }

  @Test
  void keepsTheTypesOfPaths() {
    assertThat(Expression.of("user.id", SCOPE).type()).isEqualTo(long.class);
    assertThat(Expression.of("user.city", SCOPE).type()).isEqualTo(City.class);
    assertThat(Expression.condition("user.open", SCOPE).type()).isEqualTo(boolean.class);
  }

  @Test
  void pointsAtTheFault() {
    Map<String, List<String>> faults = new TreeMap<>();
    faults.put("usr.id", List.of("unknown name 'usr'", "^"));
    faults.put("user.idd", List.of("User has no property 'idd' that can be seen", "     ^"));
    faults.put("user.id.x", List.of("long has no property 'x'", "        ^"));
    faults.put("user.", List.of("a property's name is missing", "     ^"));
    faults.put("user id", List.of("an operator is missing", "     ^"));
    faults.put("user.delete()", List.of("methods can't be called here", "           ^"));
    faults.put("count()", List.of("methods can't be called here", "     ^"));
    faults.put("", List.of("a value is missing", "^"));
    faults.put("count >", List.of("a value is missing", "       ^"));
    faults.put("and on", List.of("a value is missing before 'and'", "^"));
    faults.put("count == or on", List.of("a value is missing before 'or'", "         ^"));
    faults.put("(on", List.of("')' is missing", "   ^"));
    faults.put("on)", List.of("an operator is missing", "  ^"));
    faults.put("1 < 2 < 3", List.of("comparisons can't be chained", "      ^"));
    faults.put("name > 'a'", List.of("String and String have no order", "     ^"));
    faults.put("name == 1", List.of("String and long are never equal", "     ^"));
    faults.put("count == null", List.of("int and Void are never equal", "      ^"));
    faults.put("unit == 'WEEKS'", List.of("TimeUnit has no constant 'WEEKS'", "        ^"));
    faults.put("rate == price", List.of("double and BigDecimal are never equal", "     ^"));
    faults.put("count + 1", List.of("'+' joins texts, and neither int nor long is one", "      ^"));
    faults.put("'abc", List.of("the text has no closing '", "^"));
    faults.put("# x", List.of("a name has to follow '#'", "^"));
    faults.put("#p9", List.of("unknown name '#p9'", "^"));
    faults.put("on & on", List.of("'&' means nothing here", "   ^"));
    faults.put("T(x)", List.of("there are no types here", " ^"));
    faults.put("99999999999999999999", List.of("the number is too large", "^"));
    faults.put("not count", List.of("is int (expected: true or false)", "    ^"));
    faults.put("on\n== 3", List.of("boolean and long are never equal", "   ^"));
    for (Map.Entry<String, List<String>> fault : faults.entrySet()) {
      String text = fault.getKey();
      assertThatThrownBy(() -> Expression.of(text, SCOPE))
          .as(text)
          .isInstanceOf(ExpressionRefused.class)
          .hasMessageStartingWith(fault.getValue().get(0))
          .message()
          .endsWith("\n  " + text.replace('\n', ' ') + "\n  " + fault.getValue().get(1));
    }
    assertThatThrownBy(() -> Expression.condition("count", SCOPE))
        .hasMessageStartingWith("is int (expected: true or false)");
    assertThatThrownBy(() -> Expression.of("#result", Scope.of(MethodHandles.lookup(), List.of())))
        .hasMessageStartingWith("#result is known only after the call, not here");
  }

  @Test
  void boundsLengthAndDepth() {
    assertThatThrownBy(() -> Expression.of("(".repeat(60) + "on" + ")".repeat(60), SCOPE))
        .isInstanceOf(ExpressionRefused.class)
        .hasMessageStartingWith("nested more than 50 deep");
    assertThatThrownBy(() -> Expression.of(" ".repeat(1_001), SCOPE))
        .isInstanceOf(ExpressionRefused.class)
        .hasMessageStartingWith("1001 characters (expected: at most 1000)");
  }

  @Test
  void readsPropertiesThatTheLookupSeesOnly() {
    Scope fromOutside =
        Scope.of(MethodHandles.publicLookup(), List.of(new Variable("user", User.class)));
    assertThatThrownBy(() -> Expression.of("user.id", fromOutside))
        .isInstanceOf(ExpressionRefused.class)
        .hasMessageStartingWith("User has no property 'id' that can be seen");
    assertThat(Arrays.asList(VALUES)).hasSize(SCOPE.variables().size());
  }
}
