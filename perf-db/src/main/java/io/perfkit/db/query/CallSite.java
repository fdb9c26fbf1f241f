package io.perfkit.db.query;

import static java.util.stream.Collectors.joining;

import io.perfkit.db.internal.Delegating;
import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.stream.Stream;

/** Finds the line of the application that asked for an execution. Immutable. */
final class CallSite {
  private static final int PATH_MAX = 6;
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** What stands between an application and JDBC. */
  private static final List<String> LIBRARIES =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "jakarta.",
          "com.zaxxer.",
          "org.springframework.",
          "org.hibernate.",
          "org.eclipse.persistence.",
          "org.jooq.",
          "org.jdbi.",
          "org.apache.ibatis.",
          "org.mybatis.",
          BatchLoader.class.getName());

  private final List<String> helpers;

  /** Passes over these too, beginnings of names of classes. */
  CallSite(List<String> helpers) {
    this.helpers = helpers;
  }

  /**
   * Of the execution that is under way on this thread, as {@code Class.method:line}; empty if there
   * are only libraries. Takes some microseconds.
   */
  String find() {
    return WALKER.walk(this::below);
  }

  private String below(Stream<StackFrame> frames) {
    return ofApplication(frames).findFirst().map(CallSite::text).orElse("");
  }

  private Stream<StackFrame> ofApplication(Stream<StackFrame> frames) {
    return frames
        .dropWhile(frame -> !isWrapper(frame))
        .filter(frame -> !isWrapper(frame) && !isLibrary(frame.getClassName()));
  }

  /**
   * The lines that lead there, the nearest first: enough of them to tell loops from other calls.
   */
  String path() {
    return WALKER.walk(
        frames ->
            ofApplication(frames).limit(PATH_MAX).map(CallSite::text).collect(joining(" < ")));
  }

  private static boolean isWrapper(StackFrame frame) {
    return Delegating.class.isAssignableFrom(frame.getDeclaringClass());
  }

  private boolean isLibrary(String className) {
    return LIBRARIES.stream().anyMatch(className::startsWith)
        || helpers.stream().anyMatch(className::startsWith);
  }

  private static String text(StackFrame frame) {
    return frame.getClassName() + "." + frame.getMethodName() + ":" + frame.getLineNumber();
  }

  /** The same of another thread, from a snapshot of its stack. */
  String find(Thread thread) {
    List<StackTraceElement> stack = List.of(thread.getStackTrace());
    String wrappers = MonitoredStatement.class.getPackageName() + ".Monitored";
    return stack.stream()
        .dropWhile(frame -> !frame.getClassName().startsWith(wrappers))
        .filter(frame -> !frame.getClassName().startsWith(wrappers))
        .filter(frame -> !isLibrary(frame.getClassName()))
        .findFirst()
        .map(f -> f.getClassName() + "." + f.getMethodName() + ":" + f.getLineNumber())
        .orElse("");
  }
}
