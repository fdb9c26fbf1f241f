package io.perfkit.weave.bases;

/** Public, over a base that is not: javac makes bridges for its methods. */
public class OpenState extends HiddenState {}

abstract class HiddenState {
  private final StringBuilder log = new StringBuilder();

  public void note(Object what) {
    log.append(what);
  }

  public void note(String what) {
    log.append(what).append('!');
  }

  public String text() {
    return log.toString();
  }
}
