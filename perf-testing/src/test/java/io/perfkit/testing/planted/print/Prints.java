package io.perfkit.testing.planted.print;

import java.io.PrintWriter;

final class Prints {
  void out() {
    System.out.println("out");
  }

  void err() {
    System.err.println("err");
  }

  void trace(Exception failure) {
    failure.printStackTrace();
  }

  void formatted(Exception failure, PrintWriter to) {
    failure.printStackTrace(to);
  }
}
