package io.perfkit.testing;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toCollection;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.ReturnTree;
import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The house rules about source text, which class files do not show: the Javadoc of the public API,
 * texts that depend on a locale, and the length of files. Parses the sources without compiling
 * them. Immutable.
 */
final class SourceRules {
  static final int CODE_LINES_MAX = 500;

  private static final Set<String> EMPTY_WORDS =
      Set.of(
          "a", "an", "the", "this", "that", "its", "of", "to", "is", "value", "given", "whether",
          "get", "set", "return");

  private static final Pattern ACCESSOR = Pattern.compile("(Gets|Sets|Returns) ");

  private final Path sources;

  /**
   * @param sources the folder that holds the packages
   */
  SourceRules(Path sources) {
    this.sources = requireNonNull(sources, "sources");
  }

  /** Faults in the Javadoc of types that users see, one message per place, sorted. */
  List<String> javadocFaults() {
    return parsed(
        (docs, unit, faults) -> {
          if (!String.valueOf(unit.getPackageName()).endsWith(".internal")) { // users don't see it
            new Reader(docs, unit, faults).scan(unit, null);
          }
        });
  }

  /** Texts that depend on the JVM's locale, one message per place, sorted. */
  List<String> localeFaults() {
    return parsed(
        (docs, unit, faults) ->
            new LocaleRules(unit, docs.getSourcePositions(), faults).scan(unit, null));
  }

  /** A rule for one file. */
  private interface FileRule {
    void check(DocTrees docs, CompilationUnitTree unit, Set<String> faults);
  }

  private List<String> parsed(FileRule rule) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<Path> files = files();
    if (files.isEmpty()) {
      return List.of();
    }
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask parsing =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  diagnostic -> {},
                  List.of("-proc:none"),
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      DocTrees docs = DocTrees.instance(parsing);
      Set<String> faults = new TreeSet<>();
      for (CompilationUnitTree unit : parsing.parse()) {
        rule.check(docs, unit, faults);
      }
      return List.copyOf(faults);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot read " + sources, failed);
    }
  }

  /**
   * The files that are too long, one message each.
   *
   * @param allowed full names of the classes that may be longer
   */
  List<String> longFiles(Set<String> allowed) {
    List<String> faults = new ArrayList<>();
    for (Path file : files()) {
      long lines = codeLines(file);
      boolean mayBeLong = allowed.contains(className(file));
      if (lines > CODE_LINES_MAX && !mayBeLong) {
        faults.add(
            className(file)
                + " has "
                + lines
                + " lines of code (expected: at most "
                + CODE_LINES_MAX
                + "): it holds more than one idea");
      } else if (lines <= CODE_LINES_MAX && mayBeLong) {
        faults.add(className(file) + " is no longer long: HouseRules need not name it");
      }
    }
    return faults;
  }

  private List<Path> files() {
    if (!Files.isDirectory(sources)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(sources)) {
      return all.filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.endsWith("module-info.java"))
          .sorted()
          .toList();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot read " + sources, failed);
    }
  }

  private String className(Path file) {
    String path =
        sources.relativize(file).toString().replace(file.getFileSystem().getSeparator(), ".");
    return path.substring(0, path.length() - ".java".length());
  }

  /** Lines that are neither blank nor comment, as google-java-format lays them out. */
  private static long codeLines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("//"))
          .filter(line -> !line.startsWith("/*") && !line.startsWith("*"))
          .count();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot read " + file, failed);
    }
  }

  /**
   * Whether a description says no more than the name that it describes, as "the name of the cache"
   * does of {@code cacheName}.
   */
  static boolean repeats(String name, String description) {
    Set<String> said = words(description);
    said.removeAll(EMPTY_WORDS);
    Set<String> known = words(name);
    return known.containsAll(said);
  }

  private static Set<String> words(String text) {
    return Arrays.stream(
            text.replaceAll("([a-z0-9])([A-Z])", "$1 $2")
                .toLowerCase(Locale.ROOT)
                .split("[^a-z0-9]+", -1))
        .filter(word -> !word.isEmpty())
        .map(
            word ->
                word.length() > 3 && word.endsWith("s")
                    ? word.substring(0, word.length() - 1)
                    : word)
        .collect(toCollection(HashSet::new));
  }

  /** Walks through one file, and into nothing that users don't see. */
  private static final class Reader extends TreePathScanner<@Nullable Void, @Nullable Void> {
    private final DocTrees docs;
    private final CompilationUnitTree unit;
    private final Set<String> faults;

    Reader(DocTrees docs, CompilationUnitTree unit, Set<String> faults) {
      this.docs = docs;
      this.unit = unit;
      this.faults = faults;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
      if (!isVisible(type.getModifiers())) {
        return null;
      }
      Optional<DocCommentTree> comment = comment(type.getSimpleName().toString());
      if (comment.isPresent() && type.getKind() == Tree.Kind.RECORD) {
        requireComponents(type, comment.get());
      }
      return super.visitClass(type, null);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
      if (isVisible(method.getModifiers())
          && !isOverride(method.getModifiers())
          && !isCanonical(method)) {
        comment(method.getName().toString());
      }
      return null;
    }

    @Override
    public @Nullable Void visitVariable(VariableTree field, @Nullable Void nothing) {
      if (isVisible(field.getModifiers()) && !isComponent(field)) {
        comment(field.getName().toString());
      }
      return null;
    }

    /** The comment of the current place, judged; absence is a fault. */
    private Optional<DocCommentTree> comment(String name) {
      @Nullable DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
      if (comment == null) {
        fault(name + " is public and has no Javadoc");
        return Optional.empty();
      }
      if (comment.getFullBody().isEmpty() && comment.getBlockTags().isEmpty()) {
        fault(name + " is public and its Javadoc is empty");
      }
      String body = text(comment.getFullBody());
      if (ACCESSOR.matcher(body).lookingAt() && repeats(name, body)) {
        fault("\"" + body.strip() + "\" of " + name + " says nothing that the name does not");
      }
      for (DocTree tag : comment.getBlockTags()) {
        if (tag instanceof ParamTree param
            && !param.isTypeParameter()
            && repeats(param.getName().toString(), text(param.getDescription()))) {
          fault("\"" + tag + "\" of " + name + " says nothing that the name does not");
        } else if (tag instanceof ReturnTree returned
            && repeats(name, text(returned.getDescription()))) {
          fault("\"" + tag + "\" of " + name + " says nothing that the name does not");
        }
      }
      return Optional.of(comment);
    }

    private void requireComponents(ClassTree type, DocCommentTree comment) {
      List<String> described =
          comment.getBlockTags().stream()
              .filter(ParamTree.class::isInstance)
              .map(tag -> ((ParamTree) tag).getName().toString())
              .toList();
      for (Tree member : type.getMembers()) {
        if (member instanceof VariableTree component
            && isComponent(component)
            && !described.contains(component.getName().toString())) {
          fault(
              "component "
                  + component.getName()
                  + " of "
                  + type.getSimpleName()
                  + " has no @param");
        }
      }
    }

    /** In a record every field that is not static is a component. */
    private boolean isComponent(VariableTree field) {
      return kindAround(field) == Tree.Kind.RECORD
          && !field.getModifiers().getFlags().contains(Modifier.STATIC);
    }

    private Tree.Kind kindAround(VariableTree field) {
      Tree here = getCurrentPath().getLeaf();
      TreePath around = here == field ? getCurrentPath().getParentPath() : getCurrentPath();
      return around.getLeaf().getKind();
    }

    private boolean isCanonical(MethodTree method) {
      Tree around = getCurrentPath().getParentPath().getLeaf();
      return method.getName().contentEquals("<init>") && around.getKind() == Tree.Kind.RECORD;
    }

    /** Members of interfaces and enum constants are public without saying so. */
    private boolean isVisible(ModifiersTree modifiers) {
      Set<Modifier> flags = modifiers.getFlags();
      TreePath around = getCurrentPath().getParentPath();
      boolean ofInterface =
          around.getLeaf().getKind() == Tree.Kind.INTERFACE
              || around.getLeaf().getKind() == Tree.Kind.ANNOTATION_TYPE;
      return flags.contains(Modifier.PUBLIC)
          || flags.contains(Modifier.PROTECTED)
          || (ofInterface && !flags.contains(Modifier.PRIVATE));
    }

    private static boolean isOverride(ModifiersTree modifiers) {
      return modifiers.getAnnotations().stream()
          .map(AnnotationTree::getAnnotationType)
          .anyMatch(type -> type.toString().equals("Override"));
    }

    private static String text(List<? extends DocTree> description) {
      StringBuilder text = new StringBuilder();
      description.forEach(part -> text.append(part).append(' '));
      return text.toString();
    }

    private void fault(String message) {
      String file = Path.of(unit.getSourceFile().toUri()).getFileName().toString();
      long position = docs.getSourcePositions().getStartPosition(unit, getCurrentPath().getLeaf());
      faults.add(
          file + ":" + unit.getLineMap().getLineNumber(Math.max(0, position)) + " " + message);
    }
  }
}
