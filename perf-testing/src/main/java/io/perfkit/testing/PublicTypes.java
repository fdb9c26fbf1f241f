package io.perfkit.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The list of a module's public top-level types: a test resource with one full name per line,
 * sorted, so that a new public type is a line in a diff. Immutable.
 */
final class PublicTypes {
  private final String resource;

  PublicTypes(String resource) {
    this.resource = resource;
  }

  /** Differences between list and classes, one message each; empty if they agree. */
  List<String> compareWith(JavaClasses classes) {
    List<String> listed = listed();
    List<String> found =
        classes.stream()
            .filter(JavaClass::isTopLevelClass)
            .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
            .map(JavaClass::getName)
            .sorted()
            .toList();
    String file = "src/test/resources/" + resource;
    List<String> faults = new ArrayList<>();
    for (String type : found) {
      if (!listed.contains(type)) {
        faults.add(
            type
                + " is public but not listed: make it package-private, or add its line to "
                + file);
      }
    }
    for (String type : listed) {
      if (!found.contains(type)) {
        faults.add(file + " lists " + type + ", which is no public type any more: delete its line");
      }
    }
    if (!listed.equals(listed.stream().sorted().distinct().toList())) {
      faults.add(file + " is not sorted or names a type twice");
    }
    return faults;
  }

  private List<String> listed() {
    ClassLoader testClasses = Thread.currentThread().getContextClassLoader();
    try (InputStream in = testClasses.getResourceAsStream(resource)) {
      return in == null ? List.of() : new String(in.readAllBytes(), UTF_8).lines().toList();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot read " + resource, failed);
    }
  }
}
