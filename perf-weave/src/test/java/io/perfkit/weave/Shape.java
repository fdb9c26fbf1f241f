package io.perfkit.weave;

import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * One shape of a service: where its method is declared, what is annotated there, how generic and
 * how visible it is, and what should happen then.
 *
 * @param own whether the class itself declares the method
 * @param base the superclass
 * @param contract the interface
 * @param redeclared whether a second interface extends the first and declares the method again
 * @param secondFirst whether the class names the second interface first
 * @param kept where {@code @Kept} stands
 * @param counted where {@code @Counted} stands
 */
record Shape(
    int number,
    boolean own,
    Base base,
    Contract contract,
    boolean redeclared,
    boolean secondFirst,
    boolean generic,
    boolean genericContract,
    Access access,
    Result result,
    Place kept,
    Place counted,
    Form form) {

  /** Where the superclass stands, if there is one. */
  enum Base {
    NONE,
    HERE,
    HIDDEN_HERE,
    ELSEWHERE,
    HIDDEN_ELSEWHERE
  }

  /** Who implements the interface, if there is one. */
  enum Contract {
    NONE,
    BY_CLASS,
    BY_BASE
  }

  /** Of the method. */
  enum Access {
    PUBLIC,
    PROTECTED,
    PACKAGE
  }

  /** What the method returns. */
  enum Result {
    LONG("long", "((Number) (Object) id).longValue()"),
    TEXT("String", "\"v\" + id"),
    OBJECT("Object", "(Object) (\"v\" + id)"),
    OPTIONAL("java.util.Optional<String>", "java.util.Optional.of(\"v\" + id)"),
    STAGE(
        "java.util.concurrent.CompletableFuture<String>",
        "java.util.concurrent.CompletableFuture.completedFuture(\"v\" + id)");

    final String type;
    final String value;

    Result(String type, String value) {
      this.type = type;
      this.value = value;
    }
  }

  /** Of an annotation. */
  enum Place {
    NOWHERE,
    CLASS,
    BASE,
    CONTRACT,
    SECOND
  }

  /** How the service is advised. */
  enum Form {
    CREATED,
    WRAPPED,
    WRAPPED_AS_CLASS,
    INTERCEPTED
  }

  /** A random shape that compiles, none if the draw makes no sense. */
  static Optional<Shape> draw(int number, Random random) {
    Shape shape =
        new Shape(
            number,
            random.nextInt(3) > 0,
            one(Base.values(), random),
            one(Contract.values(), random),
            random.nextBoolean(),
            random.nextBoolean(),
            random.nextBoolean(),
            random.nextBoolean(),
            one(Access.values(), random),
            one(Result.values(), random),
            one(Place.values(), random),
            one(Place.values(), random),
            one(Form.values(), random));
    return shape.isPossible() ? Optional.of(shape) : Optional.empty();
  }

  private static <T> T one(T[] values, Random random) {
    return values[random.nextInt(values.length)];
  }

  private boolean isPossible() {
    boolean declared = own || base != Base.NONE;
    boolean contractual = contract == Contract.NONE || access == Access.PUBLIC;
    boolean byBase = contract != Contract.BY_BASE || base != Base.NONE;
    boolean second = !redeclared || contract == Contract.BY_CLASS;
    // a generic method of a base implements a contract of Long only once K is known
    boolean known = contract != Contract.BY_BASE || !generic;
    boolean inherited = own || access != Access.PACKAGE || !isElsewhere();
    return declared
        && contractual
        && byBase
        && second
        && known
        && inherited
        && has(kept)
        && has(counted)
        && !isStranded(kept)
        && !isStranded(counted);
  }

  private boolean has(Place place) {
    return switch (place) {
      case NOWHERE -> true;
      case CLASS -> own;
      case BASE -> base != Base.NONE;
      case CONTRACT -> contract != Contract.NONE;
      case SECOND -> redeclared;
    };
  }

  boolean isElsewhere() {
    return base == Base.ELSEWHERE || base == Base.HIDDEN_ELSEWHERE;
  }

  /** A package-private method of another package is another method, whatever it is called. */
  private boolean isStranded(Place place) {
    return place == Place.BASE && isCutOff();
  }

  boolean isCutOff() {
    return isElsewhere() && access == Access.PACKAGE;
  }

  /* The oracle: by the language, not by how it is woven. */

  boolean isKept() {
    return kept != Place.NOWHERE;
  }

  boolean isCounted() {
    return counted != Place.NOWHERE;
  }

  boolean isRefused() {
    return !isKept() && !isCounted();
  }

  /** Bodies that run in two calls with one argument and a third with another. */
  int bodies() {
    return isKept() ? 2 : 3;
  }

  /* The source. */

  String name() {
    return "S" + number;
  }

  String basePackage() {
    return isElsewhere() ? "far" : "near";
  }

  private static String key(boolean generic) {
    return generic ? "K" : "Long";
  }

  private static String parameters(boolean generic) {
    return generic ? "<K>" : "";
  }

  private static String arguments(boolean generic) {
    return generic ? "<Long>" : "";
  }

  private String annotations(Place place) {
    return (kept == place ? "@io.perfkit.weave.shapes.Kept " : "")
        + (counted == place ? "@io.perfkit.weave.shapes.Counted " : "");
  }

  private String visibility() {
    return access == Access.PACKAGE ? "" : access.name().toLowerCase(Locale.ROOT) + " ";
  }

  String contractSource() {
    return "package near;%npublic interface %sI%s { %s%s find(%s id); }%n"
        .formatted(
            name(),
            parameters(genericContract),
            annotations(Place.CONTRACT),
            result.type,
            key(genericContract));
  }

  String secondSource() {
    return "package near;%npublic interface %sJ%s extends %sI%s { %s%s find(%s id); }%n"
        .formatted(
            name(),
            parameters(genericContract),
            name(),
            parameters(genericContract),
            annotations(Place.SECOND),
            result.type,
            key(genericContract));
  }

  /** The superclass: a public class, maybe over a hidden one that declares the method. */
  String baseSource() {
    boolean hidden = base == Base.HIDDEN_HERE || base == Base.HIDDEN_ELSEWHERE;
    String top = hidden ? name() + "H" : name() + "B";
    String contracted =
        contract == Contract.BY_BASE
            ? " implements near." + name() + "I" + (genericContract ? "<Long>" : "")
            : "";
    String method =
        "%s%s%s find(%s id) { io.perfkit.weave.shapes.Calls.ofSuper++; return %s; } "
            .formatted(
                annotations(Place.BASE), visibility(), result.type, key(generic), result.value);
    String call =
        "static Object call(%s%s one, Long id) { return one.find(id); } "
            .formatted(top, arguments(generic));
    String declaring =
        "%sclass %s%s%s { %s%s}%n"
            .formatted(hidden ? "" : "public ", top, parameters(generic), contracted, method, call);
    String between =
        hidden
            ? "public class %sB%s extends %s%s {}%n"
                .formatted(name(), parameters(generic), top, parameters(generic))
            : "";
    return "package " + basePackage() + ";\n" + declaring + between;
  }

  String classSource() {
    String first = name() + "I" + arguments(genericContract);
    String second = name() + "J" + arguments(genericContract);
    String both = secondFirst ? second + ", " + first : first + ", " + second;
    String contracted =
        contract == Contract.BY_CLASS ? " implements " + (redeclared ? both : first) : "";
    String parent =
        base == Base.NONE
            ? ""
            : " extends %s.%sB%s".formatted(basePackage(), name(), arguments(generic));
    String method =
        own
            ? "%s%s%s find(Long id) { io.perfkit.weave.shapes.Calls.ofClass++; return %s; } "
                .formatted(annotations(Place.CLASS), visibility(), result.type, result.value)
            : "";
    String ofClass =
        "public static Object callOwn(%s one, Long id) { return one.find(id); } ".formatted(name());
    String ofContract =
        contract == Contract.NONE
            ? ""
            : "public static Object callContract(%s one, Long id) { return one.find(id); } "
                .formatted(first);
    return "package near;%npublic class %s%s%s { %s%s%s}%n"
        .formatted(name(), parent, contracted, method, ofClass, ofContract);
  }
}
