package io.perfkit.weave;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A class and all that it extends and implements, in the order in which they are asked. */
final class Ancestors {
  private Ancestors() {}

  /** The class itself, its superclasses from below, then their interfaces, nearest first. */
  static List<Class<?>> of(Class<?> type) {
    Set<Class<?>> found = new LinkedHashSet<>(classes(type));
    for (Class<?> parent : List.copyOf(found)) {
      addInterfaces(parent, found);
    }
    return List.copyOf(found);
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
