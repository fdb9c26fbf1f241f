package io.perfkit.jobs;

import java.util.List;
import java.util.Set;

/**
 * What a worker asks a store for. The store takes up to {@code quotas.get(c)} jobs of each priority
 * {@code c}, and fills up to the sum of the quotas with what is there, highest priority first.
 *
 * @param claim a number that this incarnation never used before
 * @param types names of the types that the node handles; jobs of others stay where they are
 * @param quotas by {@link Priority#index}
 */
record ClaimRequest(String queue, long claim, Set<String> types, List<Integer> quotas) {
  int want() {
    int sum = 0;
    for (int quota : quotas) {
      sum += quota;
    }
    return sum;
  }
}
