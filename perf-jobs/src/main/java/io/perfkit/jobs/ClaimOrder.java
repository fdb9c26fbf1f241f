package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Divides claims over the priorities by weight: smooth weighted round robin, as nginx has it. Of
 * any 15 claimed places in a row each priority has as many as its weight, so a priority that has
 * work waits for at most 15 / weight + 1 places. Thread safe.
 *
 * <p>Each place goes to the priority with the largest credit; each place adds the weight to each
 * credit and takes 15 from the winner's.
 */
final class ClaimOrder {
  private static final Set<Priority> ALL = EnumSet.allOf(Priority.class);

  private final int[] credit = new int[Priority.values().length];
  private final int sum = ALL.stream().mapToInt(Priority::weight).sum();

  /** The quotas of the next {@code places}, by {@link Priority#index}. */
  synchronized List<Integer> next(int places) {
    Integer[] quotas = new Integer[credit.length];
    Arrays.fill(quotas, 0);
    for (int i = 0; i < places; i++) {
      quotas[winner(credit, sum, ALL).index()]++;
    }
    return List.of(quotas);
  }

  /**
   * The jobs of one claim in the order in which to start them: by the same rule, and within a
   * priority as they came.
   */
  static List<ClaimedJob> interleaved(List<ClaimedJob> jobs) {
    Priority first = jobs.isEmpty() ? Priority.NORMAL : jobs.get(0).priority();
    if (jobs.stream().allMatch(job -> job.priority() == first)) {
      return jobs;
    }
    Map<Priority, Deque<ClaimedJob>> byPriority = new EnumMap<>(Priority.class);
    for (ClaimedJob job : jobs) {
      byPriority.computeIfAbsent(job.priority(), unused -> new ArrayDeque<>()).add(job);
    }
    int[] credit = new int[Priority.values().length];
    List<ClaimedJob> ordered = new ArrayList<>(jobs.size());
    while (!byPriority.isEmpty()) {
      int weights = byPriority.keySet().stream().mapToInt(Priority::weight).sum();
      Priority next = winner(credit, weights, byPriority.keySet());
      Deque<ClaimedJob> waiting = requireNonNull(byPriority.get(next));
      ordered.add(waiting.removeFirst());
      if (waiting.isEmpty()) {
        byPriority.remove(next);
      }
    }
    return ordered;
  }

  /** Whose turn it is; its credit is paid. {@code among} is not empty. */
  private static Priority winner(int[] credit, int sum, Set<Priority> among) {
    Priority winner = among.iterator().next();
    for (Priority priority : among) {
      credit[priority.index()] += priority.weight();
    }
    for (Priority priority : among) {
      if (credit[priority.index()] > credit[winner.index()]) {
        winner = priority;
      }
    }
    credit[winner.index()] -= sum;
    return winner;
  }
}
