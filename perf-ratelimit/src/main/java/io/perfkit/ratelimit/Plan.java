package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The policies that a request must pass together, each with the dimension of the request that it
 * counts by. Make it once, for instance as a constant: a limiter prepares each plan object on first
 * use. Immutable; equal to itself only.
 */
@CheckReturnValue
public final class Plan {
  /** The most policies of one plan. */
  public static final int MAX_POLICIES = 16;

  /**
   * A policy of a plan. Immutable.
   *
   * @param policy the limit and what to do beyond it
   * @param dimension the dimension by whose key it counts; null if it counts all requests together
   * @param optional whether it admits a request without such a key
   */
  public record Part(Policy policy, @Nullable String dimension, boolean optional) {
    public Part {
      requireNonNull(policy, "policy");
      if (dimension != null) {
        Request.requireDimension(dimension);
      }
    }
  }

  private final String name;
  private final List<Part> parts;

  /** As the first limiter prepared it; without any order, since all its fields are final. */
  private @Nullable Prepared prepared;

  /** What a limiter makes of a plan; immutable. */
  interface Prepared {}

  private Plan(String name, List<Part> parts) {
    this.name = name;
    this.parts = parts;
  }

  /** A plan without policies yet; a limiter refuses it until it has one. */
  public static Plan of(String name) {
    return new Plan(requireNonNull(name, "name"), List.of());
  }

  /**
   * This plan and a policy that counts by a dimension that every request has.
   *
   * @throws IllegalArgumentException if a policy of that name is in the plan, or {@link
   *     #MAX_POLICIES} are
   */
  public Plan with(Policy policy, String dimension) {
    return and(new Part(policy, requireNonNull(dimension, "dimension"), false));
  }

  /** This plan and a policy that only counts requests which have the dimension. */
  public Plan withIfPresent(Policy policy, String dimension) {
    return and(new Part(policy, requireNonNull(dimension, "dimension"), true));
  }

  /** This plan and a policy that counts all requests together. */
  public Plan with(Policy policy) {
    return and(new Part(policy, null, false));
  }

  private Plan and(Part part) {
    if (parts.size() == MAX_POLICIES) {
      throw new IllegalArgumentException(
          "policies: "
              + (MAX_POLICIES + 1)
              + " (expected: at most "
              + MAX_POLICIES
              + " in a plan)");
    }
    String taken = part.policy().name();
    if (parts.stream().anyMatch(other -> other.policy().name().equals(taken))) {
      throw new IllegalArgumentException(
          "policy: '" + taken + "' (expected: a name not taken yet in plan '" + name + "')");
    }
    List<Part> more = new ArrayList<>(parts);
    more.add(part);
    return new Plan(name, List.copyOf(more));
  }

  /** For logs and messages. */
  public String name() {
    return name;
  }

  /** The policies, in the order in which they were added. */
  public List<Part> parts() {
    return parts;
  }

  @Nullable Prepared prepared() {
    return prepared;
  }

  void prepared(Prepared first) {
    prepared = first;
  }

  @Override
  public String toString() {
    return "Plan[" + name + ", " + parts + "]";
  }
}
