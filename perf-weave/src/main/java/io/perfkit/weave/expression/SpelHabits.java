package io.perfkit.weave.expression;

import java.util.Map;
import java.util.Optional;

/** What to write here in place of what Spring's expression language (SpEL) would allow. */
final class SpelHabits {
  static final String NO_OBJECTS = "no object is made here: pass it as a parameter";

  private static final String NO_ARITHMETIC =
      "there is no arithmetic here; pass the number as a parameter";

  private static final Map<String, String> OPERATORS =
      Map.ofEntries(
          Map.entry("eq", "write =="),
          Map.entry("ne", "write !="),
          Map.entry("lt", "write <"),
          Map.entry("gt", "write >"),
          Map.entry("le", "write <="),
          Map.entry("ge", "write >="),
          Map.entry("AND", "write and"),
          Map.entry("OR", "write or"),
          Map.entry("NOT", "write not"),
          Map.entry("div", NO_ARITHMETIC),
          Map.entry("mod", NO_ARITHMETIC),
          Map.entry("matches", "pass what it decides as a parameter"),
          Map.entry("between", "write x >= 1 and x <= 9"),
          Map.entry("instanceof", "let the type have a property that says which it is"));

  private SpelHabits() {}

  /** For a character that begins no token; empty if it is no habit. */
  static Optional<String> sign(String text, int at) {
    char before = at == 0 ? ' ' : text.charAt(at - 1);
    String says =
        switch (text.charAt(at)) {
          case '?' -> ofQuestion(text, at);
          case '[' ->
              "there is no index here: #p0 is the first argument, and an element can be passed as a"
                  + " parameter";
          case '{' ->
              before == '$'
                  ? "a placeholder stands in ttl and localTtl only; pass the value as a parameter"
                  : "there is no list here: give the parts of a key as key = {\"a\", \"b\"}";
          case '@' -> "there are no beans here; pass the value as a parameter";
          case '*', '/', '%', '^' -> NO_ARITHMETIC;
          case '=' -> "'=' means nothing here; write ==";
          case '&' -> "'&' means nothing here; write and";
          case '|' -> "'|' means nothing here; write or";
          default -> "";
        };
    return says.isEmpty() ? Optional.empty() : Optional.of(says);
  }

  private static String ofQuestion(String text, int at) {
    if (text.startsWith("?.", at)) {
      return "there is no '?.' here: write a != null and a.b == 1 for a?.b == 1; unless is not asked"
          + " about a null result";
    }
    return "there is no choice by '?' here: write a condition, or pass the value as a parameter";
  }

  /** For a {@code #} without a name. */
  static String withoutName(String text, int at) {
    return text.startsWith("#{", at)
        ? "write the expression alone, without #{ and }"
        : "a name has to follow '#'";
  }

  /** For a token where an operator or the end is expected. */
  static Optional<String> operator(Token token) {
    return Optional.ofNullable(OPERATORS.get(token.text()))
        .filter(says -> token.kind() == Token.Kind.NAME)
        .map(says -> "'" + token.text() + "' is no operator here: " + says);
  }

  /** For a call of what was named before the parenthesis. */
  static String call(String name, boolean isProperty) {
    if (name.equals("T") && !isProperty) {
      return "there are no types here: compare an enum with its constant's name, as unit == 'DAYS',"
          + " and pass other values as parameters";
    }
    String says = "methods can't be called here; a path names fields and getters";
    if (!isProperty) {
      return says;
    }
    String property = property(name);
    if (!property.isEmpty()) {
      return says + ": write ." + property + " for ." + name + "()";
    }
    return name.equals("equals") ? says + ": write a == b for a.equals(b)" : says;
  }

  /** The property that a method without arguments would be; empty if it is none. */
  private static String property(String method) {
    if (method.equals("size") || method.equals("length")) {
      return method;
    }
    for (String prefix : new String[] {"get", "is"}) {
      if (method.startsWith(prefix) && method.length() > prefix.length()) {
        int first = method.codePointAt(prefix.length());
        String rest = method.substring(prefix.length() + Character.charCount(first));
        return Character.isUpperCase(first)
            ? Character.toString(Character.toLowerCase(first)) + rest
            : "";
      }
    }
    return "";
  }

  /** For a name that is none of the variables; empty if it is no habit. */
  static String name(String name) {
    if (name.matches("#a[0-9]{1,3}")) {
      return "; write #p" + name.substring(2);
    }
    return switch (name) {
      case "#root", "#this" ->
          "; there is no root object here: name parameters, or their positions as #p0";
      case "#target", "#method", "#methodName", "#args", "#caches" ->
          "; an expression names parameters and #result alone";
      default -> "";
    };
  }
}
