package io.perfkit.examples.marketplace.load;

import java.io.Console;
import java.io.PrintStream;

/**
 * Says what is being done: a bar that moves on a terminal, and elsewhere one line for each step.
 * One thread at a time.
 */
final class Progress {
  private static final int WIDTH = 40;

  private final PrintStream out;
  private final boolean terminal;
  private String step = "";
  private int shown = -1;

  Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** On a terminal if the JVM has one. */
  static Progress on(PrintStream out) {
    return new Progress(out, isTerminal());
  }

  /** Begins a step. */
  void step(String name) {
    finish();
    step = name;
    if (terminal) {
      at(0);
    } else {
      out.println(name);
    }
  }

  /** How far the step is, from 0 to 1. */
  void at(double share) {
    int filled = (int) Math.round(share * WIDTH);
    if (terminal && filled != shown) {
      shown = filled;
      String bar = "#".repeat(filled) + ".".repeat(WIDTH - filled);
      out.print("\r[%s] %3.0f %%  %s".formatted(bar, share * 100, step));
      out.flush();
    }
  }

  /** Ends the last step. */
  void finish() {
    if (terminal && shown >= 0) {
      at(1);
      out.println();
    }
    shown = -1;
  }

  /* From JDK 22 on there is a console without a terminal too, and a method that tells. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null || "dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
