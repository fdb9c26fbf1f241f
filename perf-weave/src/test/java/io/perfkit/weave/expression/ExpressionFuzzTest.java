package io.perfkit.weave.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.weave.expression.Scope.Variable;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Whatever the text: an expression, or our own error with a caret inside the text. */
final class ExpressionFuzzTest {
  private static final List<String> WORDS =
      List.of(
          "a",
          "b",
          "text",
          "on",
          "#p0",
          "#p7",
          "#result",
          "#",
          "and",
          "or",
          "not",
          "true",
          "false",
          "null",
          "1",
          "2.5",
          "-",
          "'t'",
          "\"u\"",
          "'",
          "==",
          "!=",
          "<",
          ">",
          "<=",
          ">=",
          "&&",
          "||",
          "!",
          "(",
          ")",
          ".",
          "+",
          " ",
          "\n",
          "\t",
          "length",
          "bytes",
          "empty",
          ",",
          "=",
          "T",
          "\0",
          "é",
          "\uD83D\uDE00",
          "\uD83D");

  private static final Scope SCOPE =
      Scope.of(
          MethodHandles.lookup(),
          List.of(
              new Variable("a", int.class),
              new Variable("b", Integer.class),
              new Variable("text", String.class),
              new Variable("on", boolean.class)));

  @Test
  void refusesOnlyWithItsOwnError() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int accepted = 0;
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      int words = random.nextInt(12);
      for (int i = 0; i < words; i++) {
        text.append(WORDS.get(random.nextInt(WORDS.size())));
        text.append(random.nextBoolean() ? " " : "");
      }
      accepted += accepts(text.toString(), seed) ? 1 : 0;
    }
    assertThat(accepted).as("so that not only refusals are tested").isGreaterThan(100);
  }

  @Test
  void takesAnyCharacters() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      char[] chars = new char[random.nextInt(20)];
      for (int i = 0; i < chars.length; i++) {
        chars[i] = (char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(1 << 16));
      }
      accepts(new String(chars), seed);
    }
  }

  @Test
  void aGeneratedExpressionGivesWhatItsTermsGive() {
    compareWithTerms(text -> text);
  }

  /** The comparison sees a compiler that reads one word as another. */
  @Test
  void theComparisonSeesABrokenCompiler() {
    Map.of(" and ", " or ", "not ", "", "<=", "<")
        .forEach(
            (word, readAs) ->
                assertThatThrownBy(() -> compareWithTerms(text -> text.replace(word, readAs)))
                    .as(word)
                    .isInstanceOf(AssertionError.class));
  }

  private static void compareWithTerms(UnaryOperator<String> reader) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int a = random.nextInt(5);
      boolean on = random.nextBoolean();
      StringBuilder text = new StringBuilder();
      boolean expected = term(random, 4, a, on, text);
      assertThat(value(reader.apply(text.toString()), a, on))
          .as("%s with a=%s on=%s, seed %s", text, a, on, seed)
          .isEqualTo(expected);
    }
  }

  private static Object value(String text, int a, boolean on) {
    try {
      return Expression.of(text, SCOPE).handle().invokeWithArguments(a, a, "t", on);
    } catch (Throwable e) {
      throw new AssertionError(text, e);
    }
  }

  /** Writes a random condition and says what it is. */
  private static boolean term(Random random, int depth, int a, boolean on, StringBuilder text) {
    return switch (depth == 0 ? random.nextInt(2) : random.nextInt(5)) {
      case 0 -> {
        text.append("on");
        yield on;
      }
      case 1 -> {
        int bound = random.nextInt(5);
        text.append("a <= ").append(bound);
        yield a <= bound;
      }
      case 2 -> {
        text.append("not (");
        boolean inner = term(random, depth - 1, a, on, text);
        text.append(")");
        yield !inner;
      }
      default -> {
        boolean and = random.nextBoolean();
        text.append("(");
        boolean left = term(random, depth - 1, a, on, text);
        text.append(and ? ") and (" : ") or (");
        boolean right = term(random, depth - 1, a, on, text);
        text.append(")");
        yield and ? left && right : left || right;
      }
    };
  }

  private static boolean accepts(String text, long seed) {
    try {
      Expression.of(text, SCOPE);
      return true;
    } catch (ExpressionRefused e) {
      assertThat(e.at()).as("%s, seed %s", text, seed).isBetween(0, text.length());
      return false;
    } catch (Throwable e) {
      throw new AssertionError("'" + text + "', seed " + seed, e);
    }
  }
}
