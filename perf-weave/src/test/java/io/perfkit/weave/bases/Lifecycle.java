package io.perfkit.weave.bases;

import java.util.ArrayList;
import java.util.List;

/** Package-private methods that only this package calls. */
public abstract class Lifecycle {
  private final List<String> log = new ArrayList<>();

  void doStart() {
    log.add("started");
  }

  String state() {
    return String.join(",", log);
  }

  protected int logged() {
    return log.size();
  }

  public static String start(Lifecycle one) {
    one.doStart();
    return one.state();
  }

  public static int loggedBy(Lifecycle one) {
    return one.logged();
  }
}
