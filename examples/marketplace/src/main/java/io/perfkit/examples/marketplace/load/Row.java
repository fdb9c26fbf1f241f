package io.perfkit.examples.marketplace.load;

import java.util.Locale;

/**
 * One line of the table: a figure of both sides and what the target says about it. Immutable.
 *
 * @param plain NaN if that side has no such figure
 * @param format of a figure, for {@link String#format}
 */
record Row(String name, double plain, double perfkit, String format, Better better, Target target) {

  /** Which of two figures wins. */
  enum Better {
    LOWER,
    HIGHER
  }

  /** What the figure should be; without a {@code text} nothing was promised. */
  record Target(String text, boolean met) {
    static final Target NONE = new Target("", true);
  }

  String plainText() {
    return text(plain);
  }

  String perfkitText() {
    return text(perfkit);
  }

  /** How many times better perfkit is; below 1 it is worse. */
  String ratioText() {
    double ratio = better == Better.LOWER ? plain / perfkit : perfkit / plain;
    if (Double.isNaN(ratio) || Double.isInfinite(ratio)) {
      return "-";
    }
    return String.format(Locale.ROOT, ratio < 10 ? "%.2fx" : "%.0fx", ratio);
  }

  /** Met or not, and whether perfkit wins: both are said, each for itself. */
  String verdict() {
    String comparison =
        Double.isNaN(plain)
            ? ""
            : plain == perfkit ? "equal" : wins() ? "perfkit wins" : "perfkit does not win";
    if (target.text().isEmpty()) {
      return comparison;
    }
    String promise = target.met() ? "met" : "not met";
    return wins() || comparison.isEmpty() ? promise : promise + ", " + comparison;
  }

  private boolean wins() {
    return better == Better.LOWER ? perfkit < plain : perfkit > plain;
  }

  private String text(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }
}
