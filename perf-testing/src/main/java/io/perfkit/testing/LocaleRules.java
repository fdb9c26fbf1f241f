package io.perfkit.testing;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds texts that the JVM's locale would change: in ar-EG {@code "%d".formatted(429)} has other
 * digits, and in tr-TR {@code "ID".toLowerCase()} another letter. One thread at a time.
 */
final class LocaleRules extends TreeScanner<@Nullable Void, @Nullable Void> {
  /** Conversions to numbers and dates, and those to upper case. */
  private static final Pattern CHANGED =
      Pattern.compile("(?<!%)(?:%%)*%[-#+ 0,(<0-9.$]*([deEfgGtT]|[BHSC])");

  private static final Set<String> CASES = Set.of("toLowerCase", "toUpperCase");

  private final CompilationUnitTree unit;
  private final SourcePositions positions;
  private final Set<String> faults;

  LocaleRules(CompilationUnitTree unit, SourcePositions positions, Set<String> faults) {
    this.unit = unit;
    this.positions = positions;
    this.faults = faults;
  }

  @Override
  public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void nothing) {
    if (call.getMethodSelect() instanceof MemberSelectTree select) {
      String name = select.getIdentifier().toString();
      String on = select.getExpression().toString();
      List<? extends ExpressionTree> arguments = call.getArguments();
      if (name.equals("formatted") && changes(select.getExpression())) {
        fault(call, "formatted takes the JVM's locale (expected: String.format(Locale.ROOT, ..))");
      } else if (on.equals("String") && name.equals("format") && changes(arguments.get(0))) {
        fault(call, "String.format without a locale (expected: Locale.ROOT)");
      } else if (CASES.contains(name) && arguments.isEmpty()) {
        fault(call, name + " without a locale (expected: Locale.ROOT)");
      } else if (on.equals("DateTimeFormatter")
          && name.equals("ofPattern")
          && arguments.size() == 1) {
        fault(call, "DateTimeFormatter.ofPattern without a locale (expected: Locale.ROOT)");
      } else if (on.endsWith("Locale") && name.equals("getDefault")) {
        fault(call, "Locale.getDefault (expected: Locale.ROOT in what a machine reads)");
      } else if (on.equals("NumberFormat") || on.equals("MessageFormat")) {
        fault(call, on + " (expected: String.format(Locale.ROOT, ..))");
      }
    }
    return super.visitMethodInvocation(call, null);
  }

  @Override
  public @Nullable Void visitNewClass(NewClassTree made, @Nullable Void nothing) {
    String type = made.getIdentifier().toString();
    boolean one = made.getArguments().size() == 1;
    if ((type.equals("SimpleDateFormat") || type.equals("DecimalFormat")) && one) {
      fault(made, "new " + type + " without a locale (expected: Locale.ROOT)");
    }
    return super.visitNewClass(made, null);
  }

  /** Whether a format text that is written out has a conversion that the locale changes. */
  private static boolean changes(ExpressionTree format) {
    if (format instanceof LiteralTree literal) {
      return literal.getValue() instanceof String text && CHANGED.matcher(text).find();
    }
    if (format instanceof BinaryTree joined) {
      return changes(joined.getLeftOperand()) || changes(joined.getRightOperand());
    }
    return format instanceof ParenthesizedTree inside && changes(inside.getExpression());
  }

  private void fault(ExpressionTree at, String message) {
    String file = Path.of(unit.getSourceFile().toUri()).getFileName().toString();
    long position = Math.max(0, positions.getStartPosition(unit, at));
    faults.add(file + ":" + unit.getLineMap().getLineNumber(position) + " " + message);
  }
}
