package io.perfkit.session;

import java.util.ArrayList;
import java.util.List;

/**
 * How long a session lived. Immutable.
 *
 * @param lasted milliseconds from its login to its end
 * @param used milliseconds from its login to its last touch
 */
record Lifetime(long lasted, long used) {

  /** The lifetimes that a script returns as a flat list. */
  static List<Lifetime> list(List<?> numbers) {
    List<Lifetime> lifetimes = new ArrayList<>(numbers.size() / 2);
    for (int i = 0; i + 1 < numbers.size(); i += 2) {
      lifetimes.add(new Lifetime((Long) numbers.get(i), (Long) numbers.get(i + 1)));
    }
    return lifetimes;
  }
}
