package io.perfkit.benchmarks;

import static java.util.stream.Collectors.toCollection;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The areas that there are, by name. Immutable. */
final class Areas {

  /** Selects every area. */
  static final String ALL = "all";

  private final SortedMap<String, Area> byName = new TreeMap<>();

  Areas(Collection<? extends Area> areas) {
    for (Area area : areas) {
      if (byName.put(area.name(), area) != null) {
        throw new IllegalArgumentException("area: " + area.name() + " (expected: unique names)");
      }
    }
  }

  /** Each class of the class path that has JMH benchmarks and is an {@link Area}. */
  static Areas onClassPath() {
    var silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    return new Areas(
        BenchmarkList.defaultList().getAll(silent, List.of()).stream()
            .map(BenchmarkListEntry::getUserClassQName)
            .collect(toCollection(TreeSet::new))
            .stream()
            .map(Areas::load)
            .filter(Area.class::isAssignableFrom)
            .map(Areas::create)
            .toList());
  }

  /**
   * The area of that name and those whose names go on after it and a dash, so that {@code cache}
   * selects {@code cache-hit}; all of them for {@link #ALL}; none if there is no such area.
   */
  List<Area> select(String wanted) {
    return byName.values().stream()
        .filter(area -> wanted.equals(ALL) || (area.name() + "-").startsWith(wanted + "-"))
        .toList();
  }

  /** In alphabetical order. */
  List<String> names() {
    return List.copyOf(byName.keySet());
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, Areas.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("The list of benchmarks names a class that is gone", e);
    }
  }

  private static Area create(Class<?> type) {
    try {
      return (Area) type.getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " needs a public constructor without arguments", e);
    }
  }
}
