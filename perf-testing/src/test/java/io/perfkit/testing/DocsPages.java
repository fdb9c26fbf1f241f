package io.perfkit.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the pages of a source tree claim and a program can check. */
final class DocsPages {
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
  private static final Pattern TEST =
      Pattern.compile("`([A-Z][a-z]\\w*(?:IT|Test|Contract))(?:\\.(\\w+))?`");

  private final Path root;
  private final List<Path> tests;

  DocsPages(Path root) throws IOException {
    this.root = root;
    this.tests = files(root, ".java").filter(DocsPages::isTest).toList();
  }

  /** The pages: those in the root and all under docs. */
  List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(files(root.resolve("docs"), ".md").toList());
    try (Stream<Path> top = Files.list(root)) {
      top.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
    }
    return pages;
  }

  /** What does not hold on a page, each as text; nothing if all holds. */
  List<String> faults(Path page) throws IOException {
    String text = Files.readString(page);
    List<String> faults = new ArrayList<>();
    for (Matcher block = JAVA_BLOCK.matcher(text); block.find(); ) {
      if (!isCompiled(normal(block.group(1)))) {
        faults.add(page + ": in no Guide or Examples test:\n" + block.group(1));
      }
    }
    for (Matcher link = LINK.matcher(text); link.find(); ) {
      String target = link.group(1);
      if (!target.contains("://") && !Files.exists(page.resolveSibling(target))) {
        faults.add(page + ": dead link " + target);
      }
    }
    for (Matcher test = TEST.matcher(text); test.find(); ) {
      if (!isTestThere(test.group(1), test.group(2))) {
        faults.add(page + ": no such test " + test.group());
      }
    }
    return faults;
  }

  private boolean isCompiled(String block) throws IOException {
    for (Path test : tests) {
      String name = test.getFileName().toString();
      if ((name.contains("Guide") || name.contains("Examples"))
          && normal(Files.readString(test)).contains(block)) {
        return true;
      }
    }
    return false;
  }

  private boolean isTestThere(String type, String method) throws IOException {
    for (Path test : tests) {
      if (test.endsWith(type + ".java")
          && (method == null || Files.readString(test).contains("void " + method + "("))) {
        return true;
      }
    }
    return false;
  }

  /** The space between words and the place of line ends don't matter. */
  private static String normal(String code) {
    return code.replaceAll("\\s+", "");
  }

  private static boolean isTest(Path file) {
    return file.toString().replace('\\', '/').contains("/src/test/java/");
  }

  private static Stream<Path> files(Path folder, String ending) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(file -> file.toString().endsWith(ending)).forEach(found::add);
    }
    return found.stream().filter(file -> !file.toString().contains("target"));
  }
}
