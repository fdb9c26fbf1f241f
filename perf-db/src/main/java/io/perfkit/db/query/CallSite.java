package io.perfkit.db.query;

import static java.util.stream.Collectors.joining;

import io.perfkit.db.internal.Delegating;
import java.lang.StackWalker.StackFrame;
import java.net.URL;
import java.security.CodeSource;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the call site of an execution by walking the stack: the nearest line of the application,
 * skipping libraries, perfkit, helpers and generated classes. Immutable.
 */
final class CallSite {
  private static final int PATH_MAX = 6;
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** Packages of libraries between an application and JDBC. */
  private static final List<String> LIBRARIES =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "com.sun.",
          "jakarta.",
          "com.zaxxer.",
          "org.springframework.",
          "org.hibernate.",
          "org.eclipse.persistence.",
          "org.jooq.",
          "org.jdbi.",
          "org.apache.ibatis.",
          "org.mybatis.",
          "io.perfkit.cache.",
          "io.perfkit.ratelimit.",
          "io.perfkit.redis.",
          "io.perfkit.weave.",
          "net.bytebuddy.",
          "javassist.",
          "kotlin.",
          "groovy.",
          "org.codehaus.groovy.");

  /** Parts of the names of classes that are generated at run time. */
  private static final List<String> GENERATED =
      List.of("$$SpringCGLIB$$", "$$EnhancerBy", "$HibernateProxy$", "$Proxy", "$$Woven", "_$$_");

  /** This module, by name and by where it was loaded from: a test may have its package. */
  private static final String OWN = "io.perfkit.db.";

  private static final String WRAPPERS = CallSite.class.getPackageName() + ".Monitored";

  private static final @Nullable URL OWN_LOCATION = location(CallSite.class);

  private static final ClassValue<Boolean> LIBRARY =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          String name = type.getName();
          return Delegating.class.isAssignableFrom(type)
              || LIBRARIES.stream().anyMatch(name::startsWith)
              || GENERATED.stream().anyMatch(name::contains)
              || type.isHidden()
              || (name.startsWith(OWN) && Objects.equals(location(type), OWN_LOCATION));
        }
      };

  private final List<String> helpers;

  /** Also skips classes whose names begin with one of these. */
  CallSite(List<String> helpers) {
    this.helpers = helpers;
  }

  private static @Nullable URL location(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return source == null ? null : source.getLocation();
  }

  /**
   * The call site of the execution on this thread, as {@code Class.method:line}; empty if the stack
   * has only libraries. Takes some microseconds.
   */
  String find() {
    return WALKER.walk(frames -> ofApplication(frames).findFirst().map(CallSite::text).orElse(""));
  }

  private Stream<StackFrame> ofApplication(Stream<StackFrame> frames) {
    return frames.filter(this::isApplication);
  }

  private boolean isApplication(StackFrame frame) {
    return isApplication(frame.getDeclaringClass()) && frame.getLineNumber() > 0;
  }

  private boolean isApplication(Class<?> type) {
    return !LIBRARY.get(type)
        && (helpers.isEmpty() || helpers.stream().noneMatch(type.getName()::startsWith));
  }

  /** The lines that lead there, nearest first: enough to distinguish loops from other calls. */
  String path() {
    return WALKER.walk(
        frames ->
            ofApplication(frames).limit(PATH_MAX).map(CallSite::text).collect(joining(" < ")));
  }

  /** A hash of the path, much cheaper than the path itself. */
  int pathHash() {
    return WALKER.walk(
        frames ->
            frames
                .filter(frame -> isApplication(frame.getDeclaringClass()))
                .limit(PATH_MAX)
                .mapToInt(
                    frame ->
                        System.identityHashCode(frame.getDeclaringClass()) * 31
                            + frame.getMethodName().hashCode() * 17
                            + frame.getByteCodeIndex())
                .reduce(1, (hash, next) -> hash * 31 + next));
  }

  private static String text(StackFrame frame) {
    return frame.getClassName() + "." + frame.getMethodName() + ":" + frame.getLineNumber();
  }

  /** The same for another thread, from a snapshot of its stack. */
  String find(Thread thread) {
    return Stream.of(thread.getStackTrace())
        .dropWhile(frame -> !frame.getClassName().startsWith(WRAPPERS)) // the driver is above them
        .filter(frame -> frame.getLineNumber() > 0 && !isLibrary(frame.getClassName()))
        .findFirst()
        .map(f -> f.getClassName() + "." + f.getMethodName() + ":" + f.getLineNumber())
        .orElse("");
  }

  private boolean isLibrary(String name) {
    return LIBRARIES.stream().anyMatch(name::startsWith)
        || helpers.stream().anyMatch(name::startsWith)
        || GENERATED.stream().anyMatch(name::contains)
        || (name.startsWith(OWN) && isOwn(name));
  }

  private static boolean isOwn(String name) {
    try {
      return LIBRARY.get(Class.forName(name, false, CallSite.class.getClassLoader()));
    } catch (ClassNotFoundException | LinkageError unknown) {
      return true;
    }
  }
}
