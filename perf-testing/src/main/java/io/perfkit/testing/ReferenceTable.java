package io.perfkit.testing;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A table of {@code docs/reference}, for comparison with the code that it documents: the one under
 * a heading {@code ## …}, with the rows that begin with a name in backticks. Immutable.
 */
public final class ReferenceTable {
  private static final Pattern COMMAND = Pattern.compile("redis\\.p?call\\('(\\w+)'");
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");

  private final List<List<String>> rows;

  private ReferenceTable(List<List<String>> rows) {
    this.rows = rows;
  }

  /**
   * Reads a table.
   *
   * @param page a file of {@code docs/reference} of this project
   * @throws AssertionError if the page has no such heading, or no row under it
   */
  public static ReferenceTable under(String heading, String page) {
    String text = read(ProjectRoot.find().resolve("docs/reference").resolve(page));
    int start = text.indexOf("\n## " + heading + "\n");
    if (start < 0) {
      throw new AssertionError(page + ": no heading '## " + heading + "'");
    }
    int end = text.indexOf("\n## ", start + 1);
    List<List<String>> rows = new ArrayList<>();
    for (String line : text.substring(start, end < 0 ? text.length() : end).lines().toList()) {
      if (line.startsWith("| `")) {
        rows.add(List.of(line.substring(2, line.length() - 2).split(" \\| ")));
      }
    }
    if (rows.isEmpty()) {
      throw new AssertionError(page + ": no row under '## " + heading + "'");
    }
    return new ReferenceTable(List.copyOf(rows));
  }

  /**
   * The first block of code under a heading {@code ## …}, without its fence.
   *
   * @param page relative to {@code docs/reference} of this project
   * @throws AssertionError if the page has no such heading, or no code under it
   */
  public static String code(String heading, String page) {
    String text = read(ProjectRoot.find().resolve("docs/reference").resolve(page));
    int start = text.indexOf("\n## " + heading + "\n");
    int fence = start < 0 ? -1 : text.indexOf("\n```", start);
    int end = fence < 0 ? -1 : text.indexOf("\n```", fence + 1);
    if (end < 0) {
      throw new AssertionError(page + ": no code under '## " + heading + "'");
    }
    return text.substring(text.indexOf('\n', fence + 1) + 1, end);
  }

  /** The cells of each row as written, backticks included. */
  public List<List<String>> rows() {
    return rows;
  }

  /** The second cell of each row by the first one, without their backticks. */
  public Map<String, String> secondByFirst() {
    Map<String, String> cells = new TreeMap<>();
    for (List<String> row : rows) {
      if (cells.put(row.get(0).replace("`", ""), row.get(1).replace("`", "")) != null) {
        throw new AssertionError("two rows of " + row.get(0));
      }
    }
    return cells;
  }

  /** The Redis commands that the scripts of a module call, as such a table lists them. */
  public static String commandsOfScripts(String module) {
    Set<String> commands = new TreeSet<>();
    Path resources = ProjectRoot.find().resolve(module).resolve("src/main/resources");
    try (Stream<Path> files = Files.walk(resources)) {
      for (Path script : files.filter(file -> file.toString().endsWith(".lua")).toList()) {
        COMMAND.matcher(read(script)).results().forEach(call -> commands.add(call.group(1)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return String.join(", ", commands);
  }

  /** The components of a config record as such a table gives its defaults. */
  public static Map<String, String> componentsOf(Record config) {
    Map<String, String> components = new TreeMap<>();
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      try {
        component.getAccessor().setAccessible(true);
        Object value = component.getAccessor().invoke(config);
        components.put(component.getName(), String.valueOf(value));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("reading " + component, e);
      }
    }
    return components;
  }

  /**
   * The meters of a table whose cells are name, type and tags: by name, the type and the sorted
   * names of the tags.
   */
  public Map<String, String> meters() {
    Map<String, String> meters = new TreeMap<>();
    for (List<String> row : rows) {
      List<String> tags =
          NAME.matcher(row.get(2)).results().map(found -> found.group(1)).sorted().toList();
      meters.put(row.get(0).replace("`", ""), row.get(1) + " " + tags);
    }
    return meters;
  }

  /** The registered meters, in the form of {@link #meters}. */
  public static Map<String, String> metersOf(MeterRegistry registry) {
    Map<String, String> meters = new TreeMap<>();
    for (Meter meter : registry.getMeters()) {
      Meter.Id id = meter.getId();
      List<String> tags = id.getTags().stream().map(Tag::getKey).sorted().toList();
      meters.put(id.getName(), id.getType().name().toLowerCase(Locale.ROOT) + " " + tags);
    }
    return meters;
  }

  private static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + page, e);
    }
  }
}
