package io.perfkit.weave.expression;

import static java.util.Objects.requireNonNull;

import io.perfkit.weave.Site;
import java.lang.invoke.MethodHandles.Lookup;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The names that an expression may use, and what it may see of their classes. Immutable. */
public final class Scope {
  static final String RESULT = "#result";

  private final Lookup lookup;
  private final List<Variable> variables;
  private final boolean named;

  private Scope(Lookup lookup, List<Variable> variables, boolean named) {
    this.lookup = lookup;
    this.variables = List.copyOf(variables);
    this.named = named;
  }

  /**
   * What an expression may name.
   *
   * @param name as the expression writes it, without the leading {@code #}
   * @param type of its value, which the expression is checked against
   */
  public record Variable(String name, Class<?> type) {
    public Variable {
      requireNonNull(name, "name");
      requireNonNull(type, "type");
    }
  }

  /** These names, with what {@code lookup} sees of their classes. */
  public static Scope of(Lookup lookup, List<Variable> variables) {
    return new Scope(requireNonNull(lookup, "lookup"), variables, true);
  }

  /** The arguments of a method. */
  public static Scope of(Site site) {
    List<Variable> variables = new ArrayList<>();
    List<Class<?>> types = site.methodType().parameterList();
    for (int i = 0; i < types.size(); i++) {
      variables.add(new Variable(site.arguments().get(i).name(), types.get(i)));
    }
    return new Scope(site.lookup(), variables, site.argumentsNamed());
  }

  /** The same and {@code #result} as the last. */
  public Scope withResult(Class<?> type) {
    List<Variable> more = new ArrayList<>(variables);
    more.add(new Variable(RESULT, type));
    return new Scope(lookup, more, named);
  }

  /** In the order in which compiled expressions take their values. */
  public List<Variable> variables() {
    return variables;
  }

  Lookup lookup() {
    return lookup;
  }

  List<Class<?>> types() {
    List<Class<?>> types = new ArrayList<>();
    variables.forEach(variable -> types.add(variable.type()));
    return types;
  }

  /** Which variable is meant: by its name, with or without {@code #}, or by {@code #p0}. */
  OptionalInt find(String name) {
    for (int i = 0; i < variables.size(); i++) {
      String known = variables.get(i).name();
      boolean isResult = known.equals(RESULT);
      if (name.equals(known)
          || (!isResult && (name.equals("#" + known) || name.equals("#p" + i)))) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /** Why there is no such name. */
  String unknown(String name) {
    if (name.equals(RESULT)) {
      return "#result is known only after the call, not here";
    }
    String known =
        variables.stream().map(Variable::name).collect(Collectors.joining(", ", " (known: ", ")"));
    String hint =
        named ? "" : "; the class has no parameter names: compile it with -parameters, or say #p0";
    return "unknown name '" + name + "'" + (variables.isEmpty() ? "" : known) + hint;
  }
}
