package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import net.bytebuddy.ByteBuddy;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A host that is a named module, on a module path, in a JVM of its own. */
final class NamedModuleTest {
  private static final String MAIN =
      """
      package shop.users;

      import io.perfkit.weave.Aspect;
      import io.perfkit.weave.Layer;
      import io.perfkit.weave.Site;
      import io.perfkit.weave.Weaver;
      import java.lang.annotation.Annotation;
      import java.lang.annotation.Retention;
      import java.lang.annotation.RetentionPolicy;
      import java.lang.invoke.MethodHandles;
      import java.util.List;
      import java.util.Set;

      public final class Main {
        @Retention(RetentionPolicy.RUNTIME)
        @interface Twice {}

        static class Users {
          @Twice
          int count(int users) {
            return users;
          }

          int counted() {
            return count(2);
          }
        }

        static final class Doubling implements Aspect {
          @Override
          public Layer layer() {
            return Layer.OBSERVE;
          }

          @Override
          public Set<Class<? extends Annotation>> annotations() {
            return Set.of(Twice.class);
          }

          @Override
          public void weave(List<Site> sites) {
            for (Site site : sites) {
              site.around(next -> MethodHandles.filterReturnValue(next, doubled()));
            }
          }

          private static java.lang.invoke.MethodHandle doubled() {
            try {
              return MethodHandles.lookup()
                  .findStatic(
                      Doubling.class,
                      "twice",
                      java.lang.invoke.MethodType.methodType(int.class, int.class));
            } catch (ReflectiveOperationException e) {
              throw new LinkageError("twice", e);
            }
          }

          static int twice(int one) {
            return 2 * one;
          }
        }

        public static void main(String[] arguments) {
          Weaver weaver = Weaver.of(new Doubling());
          Users created = weaver.create(Users.class);
          Users wrapped = Weaver.of(new Doubling()).wrap(new Users());
          System.out.println(
              "%s %d %d %d"
                  .formatted(
                      created.getClass().getModule().getName(),
                      created.count(1),
                      created.counted(),
                      wrapped.count(3)));
        }
      }
      """;

  @TempDir private Path directory;

  @Test
  void isWovenIfItOpensItsPackage() throws Exception {
    assertThat(run("opens shop.users to io.perfkit.weave;")).contains("shop 2 4 6");
  }

  @Test
  void isToldWhatToOpen() throws Exception {
    assertThat(run(""))
        .contains("WeavingRefused")
        .contains(
            "module shop keeps its package closed; add to its module-info: opens shop.users to"
                + " io.perfkit.weave");
  }

  /** What the host prints. */
  private String run(String opens) throws Exception {
    Path source = Files.createDirectories(directory.resolve("source/shop/users"));
    Files.writeString(source.resolve("Main.java"), MAIN);
    Path moduleInfo = directory.resolve("source/module-info.java");
    Files.writeString(moduleInfo, "module shop { requires io.perfkit.weave; " + opens + " }");
    String path =
        Stream.of(weaveJar(), of(ByteBuddy.class), of(NullMarked.class), of(LoggerFactory.class))
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    Path classes = directory.resolve("classes");
    StringWriter said = new StringWriter();
    int compiled =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                new PrintWriter(said),
                new PrintWriter(said),
                "--module-path",
                path,
                "-d",
                classes.toString(),
                moduleInfo.toString(),
                source.resolve("Main.java").toString());
    assertThat(compiled).as(said.toString()).isZero();
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--module-path",
            path + File.pathSeparator + classes,
            "--add-modules",
            "ALL-MODULE-PATH,jdk.unsupported", // ours names no module that it needs
            "--module",
            "shop/shop.users.Main");
    Process host =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("printed").toFile())
            .start();
    try {
      assertThat(host.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
    } finally {
      host.destroyForcibly();
    }
    return Files.readString(directory.resolve("printed"));
  }

  /** Our compiled classes with the module name that the artifact has. */
  private Path weaveJar() throws Exception {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Automatic-Module-Name", "io.perfkit.weave");
    Path jar = directory.resolve("weave.jar");
    Path classes = of(Weaver.class);
    if (Files.isRegularFile(classes)) {
      return classes;
    }
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> found = Files.walk(classes)) {
      for (Path type : found.filter(Files::isRegularFile).toList()) {
        add(out, classes.relativize(type).toString().replace(File.separatorChar, '/'), type);
      }
    }
    return jar;
  }

  private static void add(JarOutputStream out, String name, Path type) throws IOException {
    if (!name.startsWith("META-INF/")) {
      out.putNextEntry(new ZipEntry(name));
      Files.copy(type, out);
      out.closeEntry();
    }
  }

  private static Path of(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
