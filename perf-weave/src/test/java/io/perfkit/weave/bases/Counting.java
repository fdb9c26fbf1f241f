package io.perfkit.weave.bases;

/** As {@link Lifecycle}, with state that changes. */
public abstract class Counting {
  private int starts;

  void doStart() {
    starts++;
  }

  public static int start(Counting one) {
    one.doStart();
    return one.starts;
  }
}
