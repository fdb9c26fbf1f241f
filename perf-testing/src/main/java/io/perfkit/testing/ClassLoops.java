package io.perfkit.testing;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds dependency cycles of files: strongly connected components (Tarjan, 1972) of top-level
 * classes, in which each depends on every other, directly or indirectly. A nested class counts as
 * its file, so that it cannot hide a loop. One thread at a time.
 */
final class ClassLoops {
  /** A reader can hold four classes in mind at once, and hardly more. */
  static final int LARGEST_ALLOWED = 4;

  private final Map<String, Set<String>> uses = new TreeMap<>();
  private final Map<String, Integer> order = new HashMap<>();
  private final Map<String, Integer> lowest = new HashMap<>();
  private final Deque<String> path = new ArrayDeque<>();
  private final Set<String> onPath = new HashSet<>();
  private final List<Set<String>> loops = new ArrayList<>();

  private ClassLoops(JavaClasses classes) {
    for (JavaClass from : classes) {
      String file = CodeRules.outermost(from).getName();
      Set<String> used = uses.computeIfAbsent(file, name -> new TreeSet<>());
      from.getDirectDependenciesFromSelf().stream()
          .map(
              dependency -> CodeRules.outermost(dependency.getTargetClass().getBaseComponentType()))
          .filter(target -> classes.contain(target.getName()))
          .map(JavaClass::getName)
          .forEach(used::add);
    }
  }

  /**
   * One message for each loop that is too large, the classes sorted by name.
   *
   * @param excused a class of each allowed loop; one that is in no loop is a fault too
   */
  static List<String> tooLargeIn(JavaClasses classes, Set<String> excused) {
    List<Set<String>> large =
        new ClassLoops(classes)
            .find().stream().filter(loop -> loop.size() > LARGEST_ALLOWED).toList();
    List<String> faults = new ArrayList<>();
    for (Set<String> loop : large) {
      if (Collections.disjoint(loop, excused)) {
        faults.add(
            loop.size()
                + " classes depend on each other in a loop (expected: at most "
                + LARGEST_ALLOWED
                + "), so none can be read alone: "
                + String.join(", ", loop));
      }
    }
    for (String name : excused) {
      if (large.stream().noneMatch(loop -> loop.contains(name))) {
        faults.add("HouseRules excuses a loop around " + name + ", which is gone");
      }
    }
    return faults;
  }

  private Collection<Set<String>> find() {
    for (String file : uses.keySet()) {
      if (!order.containsKey(file)) {
        visit(file);
      }
    }
    return loops;
  }

  private void visit(String file) {
    int number = order.size();
    order.put(file, number);
    lowest.put(file, number);
    path.push(file);
    onPath.add(file);
    for (String next : uses.getOrDefault(file, Set.of())) {
      if (!order.containsKey(next)) {
        visit(next);
        lowest.merge(file, lowest.getOrDefault(next, number), Math::min);
      } else if (onPath.contains(next)) {
        lowest.merge(file, order.getOrDefault(next, number), Math::min);
      }
    }
    if (lowest.getOrDefault(file, number) == number) {
      Set<String> loop = new TreeSet<>();
      String member;
      do {
        member = path.pop();
        onPath.remove(member);
        loop.add(member);
      } while (!member.equals(file));
      loops.add(loop);
    }
  }
}
