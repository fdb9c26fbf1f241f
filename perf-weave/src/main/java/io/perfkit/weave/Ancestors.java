package io.perfkit.weave;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Lists a class with its superclasses and interfaces, in the order in which annotations are looked
 * up.
 */
final class Ancestors {
  private Ancestors() {}

  /**
   * The class itself, its superclasses from below, then their interfaces: each before those that it
   * extends, else as named, so that the order of {@code implements} decides nothing that the
   * language decides.
   */
  static List<Class<?>> of(Class<?> type) {
    List<Class<?>> found = new ArrayList<>(classes(type));
    Set<Class<?>> interfaces = new LinkedHashSet<>();
    for (Class<?> parent : found) {
      addInterfaces(parent, interfaces);
    }
    found.forEach(interfaces::remove);
    List<Class<?>> left = new ArrayList<>(interfaces);
    while (!left.isEmpty()) {
      Class<?> next = left.stream().filter(one -> isExtendedByNone(one, left)).findFirst().get();
      left.remove(next);
      found.add(next);
    }
    return List.copyOf(found);
  }

  private static boolean isExtendedByNone(Class<?> type, List<Class<?>> others) {
    return others.stream().noneMatch(other -> other != type && type.isAssignableFrom(other));
  }

  /** The class and its superclasses from below, without Object; of an interface, itself. */
  static List<Class<?>> classes(Class<?> type) {
    List<Class<?>> classes = new ArrayList<>();
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      classes.add(c);
    }
    return classes;
  }

  private static void addInterfaces(Class<?> type, Set<Class<?>> found) {
    for (Class<?> parent : type.getInterfaces()) {
      if (found.add(parent)) {
        addInterfaces(parent, found);
      }
    }
  }
}
