package io.perfkit.weave;

import java.util.List;

/** A class cannot be woven: the message names every problem and what to do about it. */
public final class WeavingRefused extends WeaveException {
  private final List<String> problems;

  WeavingRefused(String what, List<String> problems) {
    super(message(what, problems), null);
    this.problems = List.copyOf(problems);
  }

  /** The problems in the order of the message, at least one. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String what, List<String> problems) {
    String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
    return what + " can't be woven, " + count + ":\n- " + String.join("\n- ", problems);
  }
}
