package io.perfkit.weave.expression;

import static java.util.Objects.requireNonNull;

import io.perfkit.weave.Generics;
import io.perfkit.weave.Site;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The variables that an expression may use, and its access to their classes. Immutable. */
public final class Scope {
  static final String RESULT = "#result";

  private static final Pattern POSITION = Pattern.compile("#p([0-9]{1,3})");

  private final Lookup lookup;
  private final List<Variable> variables;
  private final boolean named;

  private Scope(Lookup lookup, List<Variable> variables, boolean named) {
    this.lookup = lookup;
    this.variables = List.copyOf(variables);
    this.named = named;
  }

  /**
   * A variable of an expression.
   *
   * @param name as the expression writes it, without the leading {@code #}
   * @param type of its value, with the type's arguments as far as they are known
   */
  public record Variable(String name, Type type) {
    public Variable {
      requireNonNull(name, "name");
      requireNonNull(type, "type");
    }
  }

  /** A scope of these variables, with the access of {@code lookup} to their classes. */
  public static Scope of(Lookup lookup, List<Variable> variables) {
    return new Scope(requireNonNull(lookup, "lookup"), variables, true);
  }

  /** The arguments of a method, named as in the declaration with the annotations of this kind. */
  public static Scope of(Site site, Class<? extends Annotation> kind) {
    Method declaration = site.declaring(kind);
    List<Variable> variables = new ArrayList<>();
    site.arguments(declaration)
        .forEach(argument -> variables.add(new Variable(argument.name(), argument.type())));
    return new Scope(site.lookup(), variables, Site.argumentsNamed(declaration));
  }

  /** The same with {@code #result} as the last variable. */
  public Scope withResult(Type type) {
    List<Variable> more = new ArrayList<>(variables);
    more.add(new Variable(RESULT, type));
    return new Scope(lookup, more, named);
  }

  /** In the order in which compiled expressions take their values. */
  public List<Variable> variables() {
    return variables;
  }

  /** The classes of the values, in their order. */
  public List<Class<?>> types() {
    List<Class<?>> types = new ArrayList<>();
    variables.forEach(variable -> types.add(erased(variable.type())));
    return types;
  }

  static Class<?> erased(Type type) {
    return type instanceof Class<?> plain ? plain : Generics.of(type).erase(type);
  }

  Lookup lookup() {
    return lookup;
  }

  /**
   * Which variable is meant: {@code #result} and {@code #p0} mean what they always do, whatever
   * parameters are called; any other name the parameter, with or without {@code #}.
   */
  OptionalInt find(String name) {
    Matcher position = POSITION.matcher(name);
    if (position.matches()) {
      int index = Integer.parseInt(position.group(1));
      return index < variables.size() && !isResult(index)
          ? OptionalInt.of(index)
          : OptionalInt.empty();
    }
    String plain = name.startsWith("#") && !name.equals(RESULT) ? name.substring(1) : name;
    for (int i = 0; i < variables.size(); i++) {
      if (variables.get(i).name().equals(plain)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  boolean isResult(int index) {
    return variables.get(index).name().equals(RESULT);
  }

  /** A message for an unknown name. */
  String unknown(String name) {
    if (name.equals(RESULT)) {
      return "#result is known only after the call, not here";
    }
    String known =
        variables.stream().map(Variable::name).collect(Collectors.joining(", ", " (known: ", ")"));
    String hint =
        named ? "" : "; the class has no parameter names: compile it with -parameters, or say #p0";
    return "unknown name '"
        + name
        + "'"
        + (variables.isEmpty() ? "" : known)
        + SpelHabits.name(name)
        + hint;
  }
}
